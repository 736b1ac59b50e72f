/**
 * The person behind pam_exec(8), who can read but not type: stdout is shown where the module's line
 * says `stdout`, by sshd before 10.3 only with the verdict.
 */
import type { HostMessages } from "../core/messages/host.ts";
import { printable } from "../core/text.ts";
import type { Conversation } from "../login/doors.ts";
import { within, writeAllSync } from "./files.ts";

/** PAM_MAX_RESP_SIZE of Linux-PAM: longer passwords do not reach us. */
const LONGEST_AUTHTOK = 512;
/** pam_exec has written it before it waits for us. */
const AUTHTOK_MS = 2_000;

export function pamExecTalk(messages: HostMessages): Conversation {
  return new PamExecTalk(messages);
}

/** One line, made harmless. */
export function stdoutLine(text: string): void {
  try {
    writeAllSync(Deno.stdout, new TextEncoder().encode(`${printable(text, 1_024)}\n`));
  } catch {
    // pam_exec is gone, and whoever would have read it.
  }
}

/**
 * The password that pam_exec's `expose_authtok` writes to our stdin, with a NUL behind it or not, as
 * its version has it. Undefined where there is none: without that option stdin is /dev/null.
 */
export async function readExposedAuthtok(
  stdin: Pick<typeof Deno.stdin, "read"> = Deno.stdin,
): Promise<string | undefined> {
  const bytes = new Uint8Array(LONGEST_AUTHTOK + 1);
  let length = 0;
  const read = async () => {
    while (length < bytes.length && !bytes.subarray(0, length).includes(0)) {
      const size = await stdin.read(bytes.subarray(length));
      if (size === null) return;
      length += size;
    }
  };
  try {
    await within(AUTHTOK_MS, read());
  } catch {
    return undefined;
  }
  const typed = bytes.subarray(0, length);
  const end = typed.indexOf(0);
  const text = new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(end === -1 ? typed : typed.subarray(0, end));
  return text === "" ? undefined : text;
}

class PamExecTalk implements Conversation {
  readonly interactive = false;
  readonly hungUp = new Promise<void>((resolve) => {
    Deno.addSignalListener("SIGTERM", () => resolve());
  });
  readonly #messages: HostMessages;

  constructor(messages: HostMessages) {
    this.#messages = messages;
  }

  offer({ url, match }: { url: string; match: string | null }, timeoutMs: number): void {
    const seconds = Math.round(timeoutMs / 1_000);
    this.tell(this.#messages.approveAt(printable(url, 512), match, seconds));
  }

  askCode(): void {}

  readCode(): Promise<undefined> {
    return new Promise(() => {});
  }

  tell(text: string): void {
    stdoutLine(`gatehouse: ${text}`);
  }

  close(): void {}
}
