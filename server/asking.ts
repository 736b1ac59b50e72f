/**
 * Has people asked about logins that wait for them. Nobody waits for a message: all here return at once, and
 * say in the log what went wrong.
 */
import { isOpen, type Login } from "../lib/core/login.ts";
import { isOwnUser, type Person } from "../lib/core/person.ts";
import { type Ask, secondWaves, unknownNames, wavesOf } from "../lib/core/routing.ts";
import { dueAt } from "../lib/core/store_rules.ts";
import { AskLimits } from "./ask_limits.ts";
import { Round } from "./ask_round.ts";
import type { Asked } from "./asked.ts";
import type { Channels } from "./channels.ts";
import type { AppConfig, Deps } from "./deps.ts";

/** Connections that join within this time are told of together. */
const GATHER_MS = 1_000;
/** Before a way that was left alone is tried again. */
const LEAST_WAIT_MS = 1_000;

/** One that people were told of, as long as it can change. */
interface Request {
  readonly ticket: string;
  /** Ids of its logins. */
  readonly ids: Set<string>;
  readonly round: Round;
  /** The id of the person whose account it is; null: nobody's, or not known yet. */
  owner: string | null;
  stopGathering: (() => void) | undefined;
}

export class Asking {
  readonly #limits: AskLimits;
  /** By ticket. */
  readonly #requests = new Map<string, Request>();
  /** Tickets by the ids of their logins. */
  readonly #tickets = new Map<string, string>();
  /** Names of nobody that the log has already. */
  readonly #unknown = new Set<string>();
  #unwatch: (() => void) | undefined;
  #stopped = false;

  constructor(
    private readonly deps: Pick<Deps, "after" | "clock" | "log" | "store">,
    private readonly config: Pick<AppConfig, "approval" | "routing">,
    private readonly channels: Channels,
    private readonly asked: Asked,
  ) {
    this.#limits = new AskLimits(deps);
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
      request.owner = ownerAmong(persons, login);
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
      const persons = await store.find("person", { all: true });
      this.#warn(unknownNames(null, persons, this.config.routing));
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
    this.#limits.stop();
  }

  async #begin(login: Login, request: Request): Promise<void> {
    const persons = await this.deps.store.find("person", { all: true });
    request.owner = ownerAmong(persons, login);
    const { approval, routing } = this.config;
    this.#warn(unknownNames(login, persons, routing));
    request.round.begin(wavesOf(login, persons, this.channels.all, routing, approval));
  }

  /** Each name once. */
  #warn(names: readonly string[]): void {
    for (const name of names.filter((one) => !this.#unknown.has(one))) {
      this.#unknown.add(name);
      const hint = "see [[accounts]] escalate in server.toml";
      this.deps.log("warning", "there is no active person of that name", { name, hint });
    }
  }

  #request(login: Login): Request {
    const { id, ticket } = login;
    const request = this.#requests.get(ticket) ?? {
      ticket,
      ids: new Set<string>(),
      round: new Round(
        this.deps.after,
        (ask) => this.#send(ticket, ask),
        (ask) => this.#limits.admits(ask, login, this.#requests.get(ticket)?.owner ?? null),
        (ask) => this.#aloneMs(ask, login),
      ),
      owner: null,
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

  async #send(ticket: string, ask: Ask): Promise<boolean> {
    const told = this.#requests.get(ticket)?.ids.size;
    const arrived = await this.asked.send(ticket, ask);
    const request = this.#requests.get(ticket);
    // What has joined while it was on its way may not be in it.
    if (request !== undefined && request.ids.size !== told) this.#gather(request);
    return arrived;
  }

  #aloneMs({ channel, to }: Ask, { user }: Login): number | null {
    const until = this.channels.find(channel)?.requestLeftAloneUntil(user, to) ?? null;
    return until === null ? null : Math.max(LEAST_WAIT_MS, until - this.deps.clock.now());
  }

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

function ownerAmong(persons: readonly Person[], { user }: Login): string | null {
  const owner = persons.find((person) => person.state !== "removed" && isOwnUser(person, user));
  return owner?.id ?? null;
}
