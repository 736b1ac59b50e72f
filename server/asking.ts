/**
 * Has people asked about logins that wait for them. Nobody waits for a message: all here return at once, and
 * say in the log what went wrong.
 */
import { isOpen, type Login } from "../lib/core/login.ts";
import { type Ask, secondWaves, unknownNames, wavesOf } from "../lib/core/routing.ts";
import { dueAt } from "../lib/core/store_rules.ts";
import { Round } from "./ask_round.ts";
import type { Asked } from "./asked.ts";
import type { Channels } from "./channels.ts";
import type { AppConfig, Deps } from "./deps.ts";
import { Limiter } from "./limiter.ts";

/** Requests that one person is sent messages about: nobody shall be buried. The links are on the terminals. */
const PER_PERSON = { burst: 10, perMinute: 2 };
/** Connections that join within this time are told of together. */
const GATHER_MS = 1_000;

/** One that people were told of, as long as it can change. */
interface Request {
  readonly ticket: string;
  /** Ids of its logins. */
  readonly ids: Set<string>;
  readonly round: Round;
  stopGathering: (() => void) | undefined;
}

export class Asking {
  readonly #perPerson: Limiter;
  /** By ticket. */
  readonly #requests = new Map<string, Request>();
  /** Tickets by the ids of their logins. */
  readonly #tickets = new Map<string, string>();
  #unwatch: (() => void) | undefined;
  #stopped = false;

  constructor(
    private readonly deps: Pick<Deps, "after" | "clock" | "log" | "store">,
    private readonly config: Pick<AppConfig, "approval" | "routing">,
    private readonly channels: Channels,
    private readonly asked: Asked,
  ) {
    this.#perPerson = new Limiter(PER_PERSON, deps.clock);
  }

  /** A request waits for somebody. What a PIN decides is nobody else's matter. */
  created(login: Login): void {
    const isOurs = login.pin === null && login.state === "pending";
    if (!isOurs || this.channels.sending("request").length === 0) return;
    const request = this.#request(login);
    // Once the request is answered: what many channels take of the processor would come before that.
    this.deps.after(0, () => {
      if (!this.#stopped) this.#unwaited(() => this.#begin(login, request));
    });
  }

  /** A login of a request that people were told of already. */
  joined({ id, ticket }: Pick<Login, "id" | "ticket">): void {
    const request = this.#requests.get(ticket);
    if (request === undefined) return;
    request.ids.add(id);
    this.#tickets.set(id, ticket);
    this.#gather(request);
  }

  /** The first of two persons has approved it: those whom server.toml names are asked at once. */
  secondNeeded(login: Login): void {
    if (this.channels.sending("request").length === 0) return;
    this.#unwaited(async () => {
      const { store } = this.deps;
      const { ticket } = login;
      const request = this.#request(login);
      const { approval, routing } = this.config;
      const persons = await store.find("person", { all: true });
      const given = (await store.find("approval", { ticket })).map(({ person }) => person);
      const others = persons.filter(({ id }) => !given.includes(id));
      request.round.begin(secondWaves(login, others, this.channels.all, routing, approval));
      await this.asked.refresh(ticket);
    });
  }

  /**
   * Messages of before the server's start are made to say what became of their requests. What nobody was
   * told of then is not made up for: most of it was asked long ago, and its link is on the terminal.
   */
  async start(): Promise<void> {
    const { log, store } = this.deps;
    try {
      const messages = await store.find("message", { all: true });
      const open = messages.filter(({ says }) => says === "request" || says === "second");
      for (const ticket of new Set(open.map(({ ticket }) => ticket))) {
        const logins = await store.loginsByTicket(ticket);
        for (const login of logins) this.#request(login);
        this.#unwaited(() => this.#look(ticket));
      }
    } catch {
      log("error", "messages of before the start could not be read");
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const request of [...this.#requests.values()]) this.#forget(request);
  }

  async #begin(login: Login, { round }: Request): Promise<void> {
    const persons = await this.deps.store.find("person", { all: true });
    const { approval, routing } = this.config;
    for (const name of unknownNames(login, persons, routing)) {
      const hint = "see [[accounts]] escalate in server.toml";
      this.deps.log("warning", "there is no active person of that name", { name, hint });
    }
    round.begin(wavesOf(login, persons, this.channels.all, routing, approval));
  }

  #request({ id, ticket }: Login): Request {
    const request = this.#requests.get(ticket) ?? {
      ticket,
      ids: new Set<string>(),
      round: new Round(this.deps.after, (ask) => this.#send(ticket, ask), this.#admits),
      stopGathering: undefined,
    };
    if (this.#stopped) {
      request.round.end();
      return request;
    }
    this.#requests.set(ticket, request);
    request.ids.add(id);
    this.#tickets.set(id, ticket);
    this.#unwatch ??= this.deps.store.watchLogins(this.#wake);
    return request;
  }

  #send(ticket: string, ask: Ask): Promise<boolean> {
    return this.asked.send(ticket, ask);
  }

  readonly #admits = (person: string): boolean => {
    if (this.#perPerson.take(person) === undefined) return true;
    this.deps.log("warning", "a person is asked too often, so no message is sent", { person });
    return false;
  };

  readonly #wake = (ids: readonly string[]): void => {
    const tickets = ids.length === 0
      ? [...this.#requests.keys()]
      : ids.map((id) => this.#tickets.get(id)).filter((ticket) => ticket !== undefined);
    for (const ticket of new Set(tickets)) this.#unwaited(() => this.#look(ticket));
  };

  /** Looks how it stands. */
  async #look(ticket: string): Promise<void> {
    const logins = await this.deps.store.loginsByTicket(ticket);
    const request = this.#requests.get(ticket);
    if (request === undefined) return;
    const now = this.deps.clock.now();
    if (logins.some((login) => isOpen(login, now))) return this.#gather(request);
    request.round.end();
    await this.asked.refresh(ticket);
    // What is approved, and not collected yet, may still be taken back.
    if (logins.every((login) => dueAt(login) === null)) this.#forget(request);
  }

  #gather(request: Request): void {
    request.stopGathering ??= this.deps.after(GATHER_MS, () => {
      request.stopGathering = undefined;
      void this.asked.refresh(request.ticket);
    });
  }

  #forget(request: Request): void {
    request.round.end();
    request.stopGathering?.();
    this.#requests.delete(request.ticket);
    for (const id of request.ids) this.#tickets.delete(id);
    if (this.#requests.size > 0) return;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #unwaited(work: () => Promise<void>): void {
    void work().catch(() =>
      this.deps.log("error", "people could not be told of a request", { hint: "see its link" })
    );
  }
}
