/**
 * Whom TLS connections believe: Mozilla's authorities and those that the administrator installed in
 * the system's store, so that a server with a certificate of the organisation's own works.
 */
export function trustSystemRoots(): void {
  // Read by the runtime once, when it connects for the first time.
  Deno.env.set("DENO_TLS_CA_STORE", "mozilla,system");
}
