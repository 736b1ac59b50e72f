/** What an enrolment needs of the outside: a person to talk to, time, chance, a picture. */
import type { Look, QrMode } from "../core/terminal_look.ts";
import type { Clock, Random } from "../ports.ts";

/** The person who enrols. `enroll` talks on stdout; at a login, nothing may go there. */
export interface Dialog {
  /** Lines, the last one ended too; may hold SGR sequences of our own. */
  print(text: string): void;
  /** One line without its newline; undefined at the end of input or when the person interrupts. */
  ask(prompt: string): Promise<string | undefined>;
  size(): { columns: number; rows: number };
  /** Somebody sits at a terminal. */
  readonly interactive: boolean;
  /** What is printed is seen on one, whoever answers. */
  readonly toTerminal: boolean;
  /** Takes away what was printed, where the dialog has a screen of its own; else does nothing. */
  clear(): void;
  /** Leaves the terminal as it was found; with a screen of its own, nothing printed there stays. */
  close(): void;
}

/** A QR code in lines of one width, colours included. */
export interface QrPicture {
  readonly lines: readonly string[];
  /** Columns. */
  readonly width: number;
}

/** @param border quiet zone in modules */
export type DrawQr = (text: string, mode: QrMode, border: number) => QrPicture;

export interface EnrollDoors {
  readonly dialog: Dialog;
  readonly drawQr: DrawQr;
  readonly look: Look;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether the kernel says that the clock is kept right (NTP); undefined when it does not say. */
  readonly clockSynchronised: () => boolean | undefined;
  readonly log: Log;
}

/** For the administrator: what happened to this account's authenticator; harmless text, no secret. */
type Log = (level: "warning" | "info", event: string) => void;
