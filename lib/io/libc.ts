/**
 * Where the C library is. `--allow-ffi` is granted for these absolute paths only, so nothing that a
 * user's environment says can load another library.
 */
export const LIBC_PATHS: readonly string[] = Deno.build.arch === "aarch64"
  ? ["/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6"]
  : ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6"];

/**
 * Opens the C library with just the symbols that the caller needs: each costs start-up time.
 * Pointers are passed as `usize`, because `Deno.UnsafePointer` would need FFI without any limit.
 */
export function openLibc<const S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Deno.DynamicLibrary<S>["symbols"] {
  let last: unknown;
  for (const path of LIBC_PATHS) {
    try {
      return Deno.dlopen(path, symbols).symbols;
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/**
 * What every login needs, opened at once and only when first called: a symbol costs 0.15 ms, and the
 * passage of a login through the gate is counted in single milliseconds.
 */
export const base = once(() =>
  openLibc({
    /** Copies a C string: up to and including the first byte that equals the third argument. */
    memccpy: { parameters: ["buffer", "usize", "i32", "usize"], result: "usize" },
    /** Copies to where the runtime's garbage collector cannot move it. */
    strdup: { parameters: ["buffer"], result: "usize" },
    getpwuid_r: { parameters: ["u32", "buffer", "buffer", "usize", "buffer"], result: "i32" },
    signal: { parameters: ["i32", "usize"], result: "usize" },
    execv: { parameters: ["buffer", "buffer"], result: "i32" },
    // Variadic in C; integer arguments travel the same way on x86-64 and aarch64 Linux.
    syslog: { parameters: ["i32", "buffer", "buffer"], result: "void" },
  })
);

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}

/** The bytes of the C string at an address, without its NUL. @param max its greatest length */
export function cString(address: bigint, max: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(max + 1);
  base().memccpy(bytes, address, 0, BigInt(max));
  return bytes.subarray(0, bytes.indexOf(0));
}

/** The longest single string that execve(2) passes: MAX_ARG_STRLEN, 32 pages. */
const MAX_STRING = 131_072;

/** Of a variable that is set, for `Deno.env` throws when it is not UTF-8. */
export function variableBytes(name: string): Uint8Array<ArrayBuffer> {
  const c = openLibc({ getenv: { parameters: ["buffer"], result: "usize" } });
  return cString(c.getenv(nulTerminated(name)), MAX_STRING);
}

/** Text or bytes as a C string. */
export function nulTerminated(text: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const result = new Uint8Array(bytes.length + 1);
  result.set(bytes);
  return result;
}
