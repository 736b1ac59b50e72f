/** What vendors send to us: the channel finds out whether it is from them, and reads it. */
import type { CallbackRequest } from "../../lib/core/chat.ts";
import { received } from "../body.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, type Parts, resource } from "../http.ts";
import { CALLBACK_PATH } from "../paths.ts";

/** More than any vendor sends. */
const MAX_BODY = 65_536;

/** How often the log says how many more were refused than it has told of one by one. */
const MORE_LOG_MS = 60_000;

export function callbackRoutes(app: App, parts: Parts): void {
  const refusals = new Refusals(parts.deps);
  const answer = (method: CallbackRequest["method"]) => (c: Ctx) =>
    receive(c, method, parts, refusals);
  const path = `${CALLBACK_PATH}/:name`;
  resource(app, path, { GET: answer("GET"), POST: answer("POST") });
}

async function receive(
  c: Ctx,
  method: CallbackRequest["method"],
  { channels, chat, deps, failures }: Parts,
  refusals: Refusals,
): Promise<Response> {
  const source = c.get("source");
  const name = c.req.param("name") ?? "";
  const notifier = channels.find(name)?.notifier;
  if (notifier?.receive === undefined) {
    throw failures.of(source, new Fault(404, "no channel takes anything here"));
  }
  const request = method === "POST" ? await received(c.req.raw, deps.after, MAX_BODY) : c.req.raw;
  const reply = await notifier.receive({
    method,
    query: new URL(request.url).searchParams,
    headers: Object.fromEntries(request.headers),
    body: method === "POST" ? await request.text() : "",
  }, (answer) => chat.answer(notifier, answer));
  if ("refused" in reply) {
    const fault = new Fault(reply.refused, "this is not what the channel takes");
    const thrown = failures.of(source, fault);
    if (thrown === fault) refusals.say(name, reply.why);
    else refusals.count();
    throw thrown;
  }
  const { status, text, type } = reply;
  // Some answers must not have a body, not even an empty one.
  return new Response(text === "" ? null : text, { status, headers: { "content-type": type } });
}

/** Anybody may send something, so only what is within a source's limit has a line of its own. */
class Refusals {
  #more = 0;
  #saidAt = -Infinity;

  constructor(private readonly deps: Parts["deps"]) {}

  say(channel: string, why: string): void {
    this.deps.log("warning", "callback refused", { channel, why });
  }

  /** Of a source that has had too many. */
  count(): void {
    const { clock, log } = this.deps;
    this.#more++;
    const now = clock.now();
    if (Math.abs(now - this.#saidAt) < MORE_LOG_MS) return;
    log("warning", "more callbacks refused", { count: this.#more });
    this.#more = 0;
    this.#saidAt = now;
  }
}
