/** One local server for all vendors, each below a path of its own, and what they do on a bad day. */
import type { Clock } from "../../../lib/ports.ts";
import {
  answer,
  asked,
  type Behaviour,
  endless,
  hangUp,
  HostileServer,
  raw,
  type Received,
} from "../hostile_server.ts";
import { size } from "./json_fields.ts";
import type { Call, FakeVendor, Reply, VendorCase } from "./vendor.ts";

const METHODS = ["GET", "POST", "PATCH"];

/** What a vendor's requests can meet. */
export const MODES = [
  "normal",
  /** Held back until `release`. */
  "slow",
  /** The connection is closed without an answer. */
  "closed",
  /** Somebody else's page. */
  "page",
  /** A gateway's page, with HTTP 502. */
  "gateway",
  /** JSON that is not the vendor's. */
  "json",
  /** An answer without end. */
  "endless",
  /** To somewhere else. */
  "redirect",
] as const;
export type Mode = typeof MODES[number];

class Served {
  mode: Mode = "normal";
  /** All requests, whatever became of them. */
  readonly calls: Call[] = [];
  onCall: (call: Call) => void = () => {};
  #held = Promise.withResolvers<void>();
  #called = Promise.withResolvers<void>();

  constructor(readonly vendor: FakeVendor, readonly url: string, private readonly prefix: string) {}

  /** Resolves with the next request. */
  get called(): Promise<void> {
    return this.#called.promise;
  }

  /** What was slow is answered now. */
  release(): void {
    this.#held.resolve();
    this.#held = Promise.withResolvers();
  }

  behaviour(request: Received): Behaviour {
    const { pathname, searchParams } = new URL(request.path, this.url);
    const call = {
      method: request.method,
      path: pathname.slice(this.prefix.length) || "/",
      query: searchParams,
      headers: request.headers,
      body: request.body,
    };
    this.calls.push(call);
    this.onCall(call);
    this.#called.resolve();
    this.#called = Promise.withResolvers();
    return this.#behaviours[this.mode](call);
  }

  readonly #behaviours: Readonly<Record<Mode, (call: Call) => Behaviour>> = {
    normal: (call) => async (wire, request) =>
      await reply(await this.vendor.answer(call))(wire, request),
    slow: (call) => async (wire, request) => {
      const gone = await Promise.race([this.#held.promise, wire.gone.then(() => true)]);
      if (gone !== true) await reply(await this.vendor.answer(call))(wire, request);
    },
    closed: () => hangUp,
    page: () => answer(200, "text/html", "<!doctype html><title>The hotel's wifi</title>"),
    gateway: () => answer(502, "text/html", "<!doctype html><title>Bad gateway</title>"),
    json: () => answer(200, "application/json", '{"weather":"rain"}'),
    endless: () =>
      endless("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n", "x".repeat(9_000)),
    redirect: () => answer(307, "text/plain", "", `location: ${this.url}/elsewhere\r\n`),
  };
}

export class VendorServer implements AsyncDisposable {
  readonly #server = new HostileServer();
  readonly #served = new Map<string, Served>();

  constructor(clock: Clock, cases: readonly VendorCase[]) {
    for (const { type, start } of cases) {
      const prefix = `/${type}`;
      this.#served.set(type, new Served(start(clock), `${this.#server.url}${prefix}`, prefix));
    }
    for (const method of METHODS) {
      this.#server.on(method, asked((request) => Promise.resolve(this.#behaviour(request))));
    }
  }

  /** @throws when there is no such vendor */
  served(type: string): Served {
    const served = this.#served.get(type);
    if (served === undefined) throw new Error(`there is no fake of ${type}`);
    return served;
  }

  /** Nobody listens any more. */
  async stop(): Promise<void> {
    await this.#server.stop();
  }

  restart(): void {
    this.#server.restart();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
  }

  #behaviour(request: Received): Behaviour {
    const [, type = ""] = request.path.split(/[/?]/);
    return this.#served.get(type)?.behaviour(request) ??
      answer(404, "text/plain", "there is no such vendor");
  }
}

function reply({ status, headers = {}, body }: Reply): Behaviour {
  const length = size(body);
  const lines = Object.entries({ ...headers, "content-length": String(length) })
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return raw(`HTTP/1.1 ${status} X\r\n${lines}\r\n${body}`);
}
