/** A server that asks people by channels, and the people. */
import type { Person } from "../../lib/core/person.ts";
import { put } from "./board.ts";
import { ChatNotifier } from "./chat_notifier.ts";
import { someone } from "./people.ts";
import { type AppChanges, TestServer } from "./server_app.ts";

export const ALICE = someone("alice", { contacts: { telegram: "1" } });

export class AskingServer {
  private constructor(readonly server: TestServer, readonly chat: ChatNotifier) {}

  /** With a channel like Telegram. @param others behind that one */
  static async start(
    persons: readonly Person[] = [ALICE],
    changes: AppChanges = {},
    others: readonly ChatNotifier[] = [],
    chat = new ChatNotifier(),
  ): Promise<AskingServer> {
    const approval = { require: "person", ...changes.approval } as const;
    const server = await TestServer.start({ ...changes, approval }, [chat, ...others]);
    await put(server, { person: persons });
    await server.app.start();
    return new AskingServer(server, chat);
  }

  /** Another process in the place of the last one. */
  async restart(): Promise<void> {
    await this.server.app.stop();
    this.server.restart();
    await this.server.app.start();
  }

  /** Until nothing happens any more: all stand-ins answer within a few turns of the event loop. */
  async quiesce(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) {
      const { promise, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, 0);
      await promise;
    }
  }

  async pass(ms: number): Promise<void> {
    this.server.time.advance(ms);
    await this.quiesce();
  }

  /** What is on record about messages that ask: channel, contact, and whether they arrived. */
  get recorded(): string[] {
    return this.server.audited.filter(({ event }) => event === "login.asked")
      .map(({ channel, to, ok, why }) => `${channel} ${to} ${ok === true ? "sent" : why}`);
  }
}
