/**
 * The person at PAM's prompts. The rules of output:
 *
 * 1. Some programs show a text only with the next prompt ("held"): sshd before OpenSSH 10.3
 *    (bug 2876), which then adds "(user@host) " in front. There the link is part of the prompt. All
 *    others show a text at once ("streams").
 * 2. Texts are errors to PAM, for only those reach the person: sudo passes over information
 *    (PAM_SILENT), and su prints it where the command's output goes.
 * 3. A prompt cannot be taken back. So Enter says that the login was approved, and nothing that
 *    changes is shown, such as the time left.
 * 4. No escape sequences. Of what is in a prompt the question comes last, above it the number and the
 *    link: what does not fit on the screen is lost at its upper end.
 */
import { displayWidth } from "../core/display_width.ts";
import { rowsOf } from "../core/drawing.ts";
import { Exit, Failure } from "../core/errors.ts";
import type { HostMessages } from "../core/messages/host.ts";
import type { PamMessages } from "../core/messages/pam.ts";
import { printable } from "../core/text.ts";
import type { PinConversation } from "../login/doors.ts";
import type { PinOffer } from "../login/pin_request.ts";
import type { PamChannel } from "./pam_channel.ts";

export interface PamTalkOptions {
  readonly words: PamMessages;
  /** As Doors.lastWords. */
  readonly lastWords: HostMessages;
  /** Texts are shown at once, not only with the next prompt. */
  readonly streams: boolean;
  /** What is typed is seen. */
  readonly echo: boolean;
  /** Asks for a code in the place of ours. */
  readonly codePrompt: string | undefined;
  /** Without escape sequences, for a dark ground; undefined: no picture. @param border in modules */
  readonly drawQr: ((text: string, border: number) => Promise<string>) | undefined;
  /** Called only when a code is all there is to ask for. */
  readonly whereto: () => { readonly account: string; readonly host: string };
  /** How long Enter waits for the approval that it tells of. */
  readonly patienceMs?: number;
}

/** The size that every terminal has. */
const SCREEN = { columns: 80, rows: 24 };
/** Quiet zones of the picture in modules, the best first. */
const BORDERS = [2, 1];
const PATIENCE_MS = 10_000;
/** Under PasswordAuthentication sshd answers every prompt with the same password, for ever. */
const MOST_LINES = 3;

export function pamTalk(
  channel: PamChannel,
  messages: HostMessages,
  options: PamTalkOptions,
): PinConversation {
  return new PamTalk(channel, messages, options);
}

class PamTalk implements PinConversation {
  readonly interactive = true;
  readonly hungUp: Promise<void>;
  readonly #channel: PamChannel;
  readonly #messages: HostMessages;
  readonly #options: PamTalkOptions;
  readonly #unanswered: () => void;
  readonly #over = new AbortController();
  /** Asked with each line. */
  #question = "";
  /** What an empty line means. */
  #enter: "nothing" | "approved" | "new pin" = "nothing";
  #deadline = 0;
  /** Held back for the next prompt. */
  #above: string[] = [];
  /** Part of every prompt, where texts are held: some clients show the last one alone. */
  #link: readonly string[] = [];
  /** When the offer is ready for the prompt below it. */
  #shown: Promise<void> = Promise.resolve();
  /** Lines that were not the right code. */
  #wrong = 0;

  constructor(channel: PamChannel, messages: HostMessages, options: PamTalkOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#channel = channel;
    this.#messages = messages;
    this.#options = options;
    this.#unanswered = resolve;
    this.hungUp = Promise.race([channel.closed, promise]);
  }

  offer(request: { url: string; match: string | null }, timeoutMs: number, codes: boolean): void {
    const { words, streams } = this.#options;
    this.#question = codes ? words.enterOrCode : words.enterOnceApproved;
    this.#enter = "approved";
    this.#begin(timeoutMs);
    const { open, number } = this.#messages;
    const url = printable(request.url, 512);
    const link = [`  ${open}    ${url}`];
    if (request.match !== null) link.push(`  ${number}  ${printable(request.match)}`);
    const title = words.approve(this.#secondsLeft());
    this.#shown = this.#draw(url, [title, ...link]).then((picture) => {
      this.#show([title, ...picture, ...streams ? link : []]);
    });
    if (!streams) this.#link = link;
    // Where it streams, nothing needs to be typed, and the login goes on by itself.
    if (!codes && !streams) this.#waitForEnter();
  }

  askCode(timeoutMs: number): void {
    const { words, codePrompt, whereto } = this.#options;
    const { account, host } = whereto();
    this.#question = codePrompt ?? words.code;
    this.#enter = "nothing";
    this.#begin(timeoutMs);
    this.#show([words.logIn(printable(account), printable(host), this.#secondsLeft())]);
  }

  offerPin({ delivery, validForS, resendAfterS }: PinOffer, timeoutMs: number): void {
    const { words, codePrompt } = this.#options;
    this.#question = codePrompt ?? words.code;
    this.#enter = "new pin";
    this.#begin(timeoutMs);
    const again = resendAfterS === null ? [] : [words.enterForNewPin(resendAfterS)];
    const sent = delivery === "sent" ? words.pinSent : words.pinOnItsWay;
    this.#show([sent(validForS), ...again]);
  }

  async readCode(signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#wrong >= MOST_LINES) throw tooManyFailures(this.#options.lastWords);
      const typed = await unlessAborted(this.#ask(), signal);
      if (typed === undefined) return undefined;
      // Of lines that are no right PIN others keep count.
      if (typed !== "" && this.#enter !== "new pin") this.#wrong++;
      if (typed !== "" || this.#enter !== "approved") return typed;
      await this.#waitForApproval(signal);
    }
  }

  tell(text: string): void {
    this.#show([`gatehouse: ${printable(text)}`]);
  }

  close(): void {
    this.#over.abort();
  }

  #begin(timeoutMs: number): void {
    this.#deadline = performance.now() + timeoutMs;
    this.#link = [];
  }

  #secondsLeft(): number {
    return Math.max(0, Math.round((this.#deadline - performance.now()) / 1_000));
  }

  #show(lines: readonly string[]): void {
    if (this.#options.streams) this.#channel.error(lines.join("\n"));
    else this.#above.push(...lines);
  }

  async #ask(): Promise<string | undefined> {
    await this.#shown;
    if (this.#over.signal.aborted) return undefined;
    const { echo } = this.#options;
    const text = [...this.#above.splice(0), ...this.#link, this.#question].join("\n");
    const typed = await this.#channel.ask(text, { echo });
    if (typed === undefined) this.#unanswered();
    return typed;
  }

  /** An offer without codes: whatever is typed, only the approval counts. */
  async #waitForEnter(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted && await this.#ask() !== undefined) {
      await this.#waitForApproval(signal);
    }
  }

  /** Enter was pressed: the signal, or closing, is what the approval is noticed by. */
  async #waitForApproval(signal: AbortSignal): Promise<void> {
    const { words, patienceMs = PATIENCE_MS } = this.#options;
    const over = AbortSignal.any([signal, this.#over.signal]);
    await pause(patienceMs, over);
    if (!over.aborted) this.tell(words.notApprovedYet(this.#secondsLeft()));
  }

  /** Nothing when it does not fit. @param others what it stands with, besides the question */
  async #draw(url: string, others: readonly string[]): Promise<string[]> {
    const { drawQr } = this.#options;
    if (drawQr === undefined) return [];
    const { columns, rows } = SCREEN;
    const taken = [...others, this.#question].reduce((sum, line) => sum + rowsOf(line, columns), 0);
    try {
      for (const border of BORDERS) {
        const lines = (await drawQr(url, border)).split("\n");
        const width = displayWidth(lines[0] ?? "");
        if (lines.length + taken <= rows && width <= columns) return lines;
      }
    } catch {
      // The link will do.
    }
    return [];
  }
}

function tooManyFailures({ tooManyFailures }: HostMessages): Failure {
  return new Failure(Exit.denied, tooManyFailures, undefined, "too many failures");
}

/** Resolves when the time is over or the signal comes. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}

/** A prompt that stands goes on standing; its answer is nobody's then. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
