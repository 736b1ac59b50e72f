/**
 * Questions and answers of an enrolment at a login, over PAM's conversation. Texts are errors to PAM,
 * for only those reach the person everywhere (see pam_talk.ts).
 */
import { wrapAtBlanks } from "../core/display_width.ts";
import type { PamMessages } from "../core/messages/pam.ts";
import type { Look } from "../core/terminal_look.ts";
import type { Dialog } from "../enrollment/doors.ts";
import type { PamChannel } from "./pam_channel.ts";

/** No escape sequences: ssh shows them as octal numbers. */
export const PAM_LOOK: Look = { qr: "PLAIN", styled: false, frame: "ascii" };

export class PamDialog implements Dialog {
  readonly interactive = true;
  readonly toTerminal = true;
  readonly #channel: PamChannel;
  /** Something was printed since the last question. */
  #unread = false;

  constructor(channel: PamChannel) {
    this.#channel = channel;
  }

  print(text: string): void {
    this.#unread = true;
    this.#channel.error(wrapAtBlanks(text, this.size().columns));
  }

  /** A code from the app that is read over a shoulder is used up. */
  ask(prompt: string): Promise<string | undefined> {
    this.#unread = false;
    return this.#channel.ask(prompt, { echo: true });
  }

  /** PAM does not tell; every terminal has as much. */
  size(): { columns: number; rows: number } {
    return { columns: 80, rows: 24 };
  }

  clear(): void {}

  close(): void {}

  /**
   * Resolves when what was printed last has been read: after it nothing else would be asked, and some
   * programs show texts with the next question only.
   */
  async settle(messages: PamMessages): Promise<void> {
    if (this.#unread) await this.ask(messages.enterToGoOn);
  }
}
