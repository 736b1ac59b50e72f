/** Whether something keeps this machine's clock right: adjtimex(2). */
import { openLibc } from "./libc.ts";

/** struct timex on 64-bit Linux. */
const SIZE = 208;
/** Its field `maxerror`, a long, in microseconds. */
const MAX_ERROR = 24;
/** The kernel's own limit: 16 s without news of a better clock (NTP_PHASE_LIMIT in linux/timex.h). */
const NOT_KEPT = 16_000_000n;

/**
 * What timedatectl shows as "System clock synchronized", found in the same way: the flag STA_UNSYNC
 * is no help, for it may be set only to keep the kernel from writing the hardware's clock. Undefined
 * where the call is forbidden, as in some containers.
 */
export function clockSynchronised(): boolean | undefined {
  const c = openLibc({ adjtimex: { parameters: ["buffer"], result: "i32" } });
  const timex = new Uint8Array(SIZE); // modes = 0: only asks
  if (c.adjtimex(timex) === -1) return undefined;
  return new DataView(timex.buffer).getBigInt64(MAX_ERROR, true) < NOT_KEPT;
}
