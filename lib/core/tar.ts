/**
 * The part of POSIX's tar that a backup needs ("ustar Interchange Format", pax(1)): plain files with
 * short names. So what is in one can be seen, and in need be taken out, with any tar.
 */
export const TAR_BLOCK = 512;

interface TarEntry {
  /** At most 100 characters of ASCII. */
  readonly name: string;
  /** In bytes, below 8 GiB. */
  readonly size: number;
}

/** Field by field: offset and length in the header. */
const NAME = [0, 100] as const;
const MODE = [100, 8] as const;
const UID = [108, 8] as const;
const GID = [116, 8] as const;
const SIZE = [124, 12] as const;
const MTIME = [136, 12] as const;
const CHECKSUM = [148, 8] as const;
const TYPE = [156, 1] as const;
const MAGIC = [257, 8] as const;

const LARGEST = 8 ** 11 - 1;
const REGULAR = "0";

/** The block before the file's bytes; root's, and for its owner alone. @param now as in ports.ts */
export function tarHeader({ name, size }: TarEntry, now: number): Uint8Array<ArrayBuffer> {
  if (!/^[\x21-\x7e]{1,100}$/.test(name) || !Number.isSafeInteger(size) || size > LARGEST) {
    throw new RangeError("cannot be written as tar");
  }
  const block = new Uint8Array(TAR_BLOCK);
  write(block, NAME, name);
  write(block, MODE, octal(0o600, 7));
  write(block, UID, octal(0, 7));
  write(block, GID, octal(0, 7));
  write(block, SIZE, octal(size, 11));
  write(block, MTIME, octal(Math.floor(now / 1_000), 11));
  write(block, TYPE, REGULAR);
  write(block, MAGIC, "ustar\u000000");
  write(block, CHECKSUM, `${octal(checksum(block), 6)}\0 `);
  return block;
}

/** How many zero bytes follow so many of a file. */
export function tarPadding(size: number): number {
  return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

/** What comes after the last file. */
export function tarEnd(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(2 * TAR_BLOCK);
}

/** @returns "end", or undefined when it is no header that `tarHeader` writes. @param block TAR_BLOCK bytes */
export function readTarHeader(block: Uint8Array): TarEntry | "end" | undefined {
  if (block.every((byte) => byte === 0)) return "end";
  const sum = /^([0-7]{6})\0 $/.exec(read(block, CHECKSUM))?.[1];
  const size = /^([0-7]{11})\0$/.exec(read(block, SIZE))?.[1];
  const name = /^([\x21-\x7e]+)\0*$/.exec(read(block, NAME))?.[1];
  if (sum === undefined || size === undefined || name === undefined) return undefined;
  if (parseInt(sum, 8) !== checksum(block) || read(block, TYPE) !== REGULAR) return undefined;
  return { name, size: parseInt(size, 8) };
}

type Field = readonly [offset: number, length: number];

function write(block: Uint8Array, [offset, length]: Field, text: string): void {
  block.set(new TextEncoder().encode(text).subarray(0, length), offset);
}

function read(block: Uint8Array, [offset, length]: Field): string {
  return String.fromCharCode(...block.subarray(offset, offset + length));
}

function octal(number: number, digits: number): string {
  return number.toString(8).padStart(digits, "0");
}

/** Of all bytes, with blanks where it stands itself. */
function checksum(block: Uint8Array): number {
  const [offset, length] = CHECKSUM;
  return block.reduce(
    (sum, byte, at) => sum + (at >= offset && at < offset + length ? 0x20 : byte),
    0,
  );
}
