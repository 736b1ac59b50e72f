/** Limits of this process that would end it halfway: setrlimit(2). */
import { openLibc } from "./libc.ts";

const RLIMIT_CPU = 0;
const RLIMIT_FSIZE = 1;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

/** False where they stay, for not even root may raise them everywhere. */
export function liftLimits(): boolean {
  const c = openLibc({ setrlimit: { parameters: ["i32", "buffer"], result: "i32" } });
  const none = new BigUint64Array([RLIM_INFINITY, RLIM_INFINITY]); // soft and hard
  return [RLIMIT_CPU, RLIMIT_FSIZE].every((what) => c.setrlimit(what, none) === 0);
}
