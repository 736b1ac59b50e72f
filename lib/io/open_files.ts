/** How many files and connections this process may have open at once. */
import { openLibc } from "./libc.ts";

/** RLIMIT_NOFILE of <asm-generic/resource.h>, the same on x86-64 and arm64. */
const RLIMIT_NOFILE = 7;
/** What most systems give when nobody asks. */
const USUAL = 1_024;

/**
 * Raises the soft limit to the hard one, which needs no privilege (setrlimit(2)): the usual soft
 * limit is there for programs that use select(2). Returns the limit in force.
 */
export function raiseOpenFiles(): number {
  const c = openLibc({
    getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
    setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  });
  const limits = new BigUint64Array(2);
  if (c.getrlimit(RLIMIT_NOFILE, limits) !== 0) return USUAL;
  const [soft = BigInt(USUAL), hard = soft] = limits;
  limits[0] = hard;
  const inForce = c.setrlimit(RLIMIT_NOFILE, limits) === 0 ? hard : soft;
  // RLIM_INFINITY is the largest 64-bit number.
  return Number(inForce < 1_048_576n ? inForce : 1_048_576n);
}
