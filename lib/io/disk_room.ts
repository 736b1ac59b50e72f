/** How much can still be written: statvfs(3). */
import type { Room } from "../core/doctor/host_machine.ts";
import { nulTerminated, openLibc } from "./libc.ts";

/** struct statvfs on 64-bit Linux, as 64-bit numbers: what each is. */
const FIELDS = { frsize: 1, bavail: 4, files: 5, favail: 7, flag: 9 } as const;
const SIZE = 14;
const ST_RDONLY = 1n;

/** Undefined where the path leads nowhere, or the system does not say. */
export function diskRoomAt(path: string): Room | undefined {
  const c = openLibc({ statvfs: { parameters: ["buffer", "buffer"], result: "i32" } });
  const numbers = new BigUint64Array(SIZE);
  if (c.statvfs(nulTerminated(path), numbers) !== 0) return undefined;
  const at = (field: keyof typeof FIELDS) => numbers[FIELDS[field]] ?? 0n;
  return {
    free: Number(at("frsize") * at("bavail")),
    files: at("files") === 0n ? undefined : Number(at("favail")),
    readOnly: (at("flag") & ST_RDONLY) !== 0n,
  };
}
