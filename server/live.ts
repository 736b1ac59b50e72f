/**
 * Pages that show changes by themselves: a stream of events (HTML standard, "Server-sent events") that
 * says only that something which this person may see has changed; the page then asks for itself anew,
 * with its own session. A stream waits without asking the store; it ends with its session.
 */
import type { HostGroups } from "../lib/core/host_group.ts";
import { mayDeny } from "../lib/core/person.ts";
import { isLive } from "../lib/core/web_session.ts";
import type { AppConfig, Deps } from "./deps.ts";
import { tooMany } from "./faults.ts";
import type { SignedIn } from "./session.ts";

/** Tabs and devices of one person. */
const PER_PERSON = 8;
/** Of all persons; each holds a connection, and a file descriptor with it. */
export const STREAMS = 128;
/** Proxies give up connections in which nothing happens, often after a minute. */
const HEARTBEAT_MS = 25_000;
/**
 * Changes within this time are one event, so that a crowd of logins makes no crowd of requests. Each
 * event has every page ask anew: so many more pages, so much longer.
 */
const GATHER_MS = 250;
const LONGEST_GATHER_MS = 2_000;
const FEW = 16;
/** After so many changes at once nobody is asked whom they concern. */
const MANY = 64;
/** Unread pieces; whoever leaves more behind does not listen. */
const UNREAD = 32;
const RECONNECT_MS = 5_000;

interface Stream {
  readonly who: SignedIn;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  events: number;
  stopTimer: () => void;
}

export class Live {
  readonly #streams = new Set<Stream>();
  #unwatch: (() => void) | undefined;
  #changed = new Set<string>();
  /** Something changed, and nobody knows what. */
  #unclear = false;
  #stopGathering: (() => void) | undefined;
  #stopped = false;

  constructor(
    private readonly deps: Pick<Deps, "after" | "clock" | "store">,
    private readonly config: Pick<AppConfig, "approval">,
  ) {}

  /**
   * What happens from now on.
   * @param gone aborted when the client has hung up
   * @throws Fault 429
   */
  open(who: SignedIn, gone: AbortSignal): ReadableStream<Uint8Array> {
    const own = [...this.#streams].filter((stream) => stream.who.person.id === who.person.id);
    if (this.#stopped || own.length >= PER_PERSON || this.#streams.size >= STREAMS) {
      throw tooMany("too many pages are open at once", RECONNECT_MS);
    }
    const opened: { stream?: Stream } = {};
    const close = () => {
      if (opened.stream !== undefined) this.#end(opened.stream);
    };
    gone.addEventListener("abort", close);
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        const stream: Stream = { who, controller, events: 0, stopTimer: () => {} };
        opened.stream = stream;
        this.#streams.add(stream);
        this.#unwatch ??= this.deps.store.watchLogins(this.#wake);
        write(stream, `retry: ${RECONNECT_MS}\n\n`);
        this.#beatLater(stream);
      },
      cancel: close,
    });
  }

  /** Ends all of them, and opens no more. */
  stop(): void {
    this.#stopped = true;
    for (const stream of this.#streams) this.#end(stream);
  }

  readonly #wake = (ids: readonly string[]): void => {
    if (ids.length === 0) this.#unclear = true;
    for (const id of ids) this.#changed.add(id);
    const gatherMs = Math.min(LONGEST_GATHER_MS, GATHER_MS * Math.max(1, this.#streams.size / FEW));
    this.#stopGathering ??= this.deps.after(gatherMs, () => void this.#tell());
  };

  async #tell(): Promise<void> {
    const ids = [...this.#changed];
    const unclear = this.#unclear || ids.length > MANY;
    this.#changed = new Set();
    this.#unclear = false;
    this.#stopGathering = undefined;
    try {
      const concerned = unclear ? [...this.#streams] : await this.#concerned(ids);
      await Promise.all(concerned.map((stream) => this.#send(stream)));
    } catch {
      // The store fails: each page asks for itself when it connects again, and says so.
      for (const stream of this.#streams) this.#end(stream);
    }
  }

  async #concerned(ids: readonly string[]): Promise<Stream[]> {
    const { groups } = this.config.approval;
    const found = await Promise.all(ids.map((id) => this.deps.store.login(id)));
    const logins = found.filter((login) => login !== undefined);
    return [...this.#streams].filter(({ who }) => isSeen(who, logins, groups));
  }

  async #send(stream: Stream): Promise<void> {
    if (!await this.#goesOn(stream)) return;
    stream.events++;
    // A number of this stream's own: one of all would tell how much there is that this person must not see.
    this.#write(stream, `event: changed\nid: ${stream.events}\ndata: ${stream.events}\n\n`);
  }

  #beatLater(stream: Stream): void {
    stream.stopTimer = this.deps.after(HEARTBEAT_MS, () => void this.#beat(stream));
  }

  async #beat(stream: Stream): Promise<void> {
    try {
      if (!await this.#goesOn(stream)) return;
      this.#write(stream, ": still here\n\n");
      if (this.#streams.has(stream)) this.#beatLater(stream);
    } catch {
      this.#end(stream);
    }
  }

  /** Whether the session is still in force; ends the stream when it is not. */
  async #goesOn(stream: Stream): Promise<boolean> {
    const { store, clock } = this.deps;
    const { session: { id }, person: { id: personId } } = stream.who;
    const [[session], [person]] = await Promise.all([
      store.find("session", { id }),
      store.find("person", { id: personId }),
    ]);
    const goesOn = session !== undefined && isLive(session, clock.now()) &&
      person?.state === "active";
    if (!goesOn && this.#streams.has(stream)) {
      // So that the page does not try again for ever.
      write(stream, "event: ended\ndata: ended\n\n");
      this.#end(stream);
    }
    return goesOn && this.#streams.has(stream);
  }

  #write(stream: Stream, text: string): void {
    if ((stream.controller.desiredSize ?? 0) < -UNREAD) this.#end(stream);
    else write(stream, text);
  }

  #end(stream: Stream): void {
    if (!this.#streams.delete(stream)) return;
    stream.stopTimer();
    if (this.#streams.size === 0) this.#rest();
    try {
      stream.controller.close();
    } catch {
      // Cancelled by the client.
    }
  }

  /** Nobody listens. */
  #rest(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#stopGathering?.();
    this.#stopGathering = undefined;
    this.#changed = new Set();
    this.#unclear = false;
  }
}

function isSeen(
  { person }: SignedIn,
  logins: readonly Parameters<typeof mayDeny>[1][],
  groups: HostGroups,
): boolean {
  return logins.some((login) => mayDeny(person, login, groups));
}

function write({ controller }: Stream, text: string): void {
  controller.enqueue(new TextEncoder().encode(text));
}
