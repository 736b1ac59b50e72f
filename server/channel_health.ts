/** What administrators see of the channels. */
import type { Store } from "../lib/ports.ts";
import type { Channel, LastFailure } from "./channel.ts";
import { Untold } from "./untold.ts";

export interface ChannelHealth {
  readonly name: string;
  /** Milliseconds since the Unix epoch; null: not since the server's start. */
  readonly lastSentAt: number | null;
  readonly lastFailure: LastFailure | null;
  /** Alerts that no message has told of yet. */
  readonly untold: number;
}

export class Channels {
  readonly #untold: Untold;

  constructor(
    /** Undefined: none is configured. In this version there is one at most. */
    readonly only: Channel | undefined,
    store: Pick<Store, "changeTimes" | "timesUnder">,
  ) {
    this.#untold = new Untold(store);
  }

  /** Of each that is configured. */
  async health(): Promise<readonly ChannelHealth[]> {
    if (this.only === undefined) return [];
    const { name, lastSentAt, lastFailure } = this.only;
    return [{ name, lastSentAt, lastFailure, untold: await this.#untold.count() }];
  }
}
