/** Where sshd waits for connections, from what `sshd -T` says. */
import type { SshdAnswer } from "./answer.ts";
import type { Listening } from "./situations.ts";

/** With its default where it says nothing: port 22 of all addresses. */
export function listeningOf(answer: SshdAnswer): Listening[] {
  const found = answer.all("listenaddress").flatMap((text) => {
    const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*)):(\d+)/.exec(text) ?? [];
    const address = bracketed ?? plain;
    return address === undefined ? [] : [{ address, port: Number(port) }];
  });
  if (found.length > 0) return found;
  return ["0.0.0.0", "::"].map((address) => ({ address, port: Number(answer.one("port") ?? 22) }));
}
