/**
 * Whom TLS connections believe: Mozilla's authorities and those that the administrator installed in
 * the system's store, so that a server with a certificate of the organisation's own works.
 */
export const TLS_ROOTS_VARIABLE = "DENO_TLS_CA_STORE";

/** Must run before the first request: the runtime reads the variable once, when it connects. */
export function trustSystemRoots(): void {
  Deno.env.set(TLS_ROOTS_VARIABLE, "mozilla,system");
}
