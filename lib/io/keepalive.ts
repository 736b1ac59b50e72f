/**
 * Connections whose other end is gone without a word, as a phone that lost its network: they end after
 * two minutes. `Deno.serve` asks for no keepalive, so each would keep its memory and its descriptor
 * for as long as the server runs.
 */
import { openLibc } from "./libc.ts";

/** <asm-generic/socket.h> and <linux/tcp.h>: the same on x86-64 and arm64. */
const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30;
const IPPROTO_TCP = 6;
/** tcp(7): after a minute of silence four probes, 15 s apart. */
const KEEPALIVE: readonly (readonly [level: number, name: number, value: number])[] = [
  [IPPROTO_TCP, 4, 60], // TCP_KEEPIDLE
  [IPPROTO_TCP, 5, 15], // TCP_KEEPINTVL
  [IPPROTO_TCP, 6, 4], // TCP_KEEPCNT
  [SOL_SOCKET, 9, 1], // SO_KEEPALIVE
];
/** No process has more, see open_files.ts. They are given from the lowest on, so the search is short. */
const MOST_FILES = 1_048_576;

/** Answers what is to be called once a port is open: all that it accepts then inherits keepalive. */
export function keepAlive(): (port: number) => void {
  // Now: a port may be opened again when there is no descriptor left to load a library with.
  const c = openLibc({
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
    getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  });
  const value = new Int32Array(1);
  const address = new DataView(new ArrayBuffer(28)); // struct sockaddr_in6, the longer one
  const size = new Uint32Array(1);
  const isAt = (fd: number, port: number): boolean => {
    size[0] = value.byteLength;
    if (c.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, value, size) !== 0 || value[0] !== 1) {
      return false;
    }
    size[0] = address.byteLength;
    // After the family, and in the network's order of bytes, in both kinds of address.
    return c.getsockname(fd, address, size) === 0 && address.getUint16(2) === port;
  };
  return (port) => {
    // Deno does not say which descriptor it is.
    let fd = 0;
    while (fd < MOST_FILES && !isAt(fd, port)) fd++;
    for (const [level, name, wanted] of KEEPALIVE) {
      value[0] = wanted;
      // Where the system refuses, connections are kept as they were.
      c.setsockopt(fd, level, name, value, value.byteLength);
    }
  };
}
