/** What vendors send to us: the channel finds out whether it is from them, and reads it. */
import type { CallbackRequest } from "../../lib/core/chat.ts";
import { received } from "../body.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, type Parts, resource } from "../http.ts";
import { CALLBACK_PATH } from "../paths.ts";

/** More than any vendor sends. */
const MAX_BODY = 65_536;

export function callbackRoutes(app: App, parts: Parts): void {
  const answer = (method: CallbackRequest["method"]) => (c: Ctx) => receive(c, method, parts);
  const path = `${CALLBACK_PATH}/:name`;
  resource(app, path, { GET: answer("GET"), POST: answer("POST") });
}

async function receive(
  c: Ctx,
  method: CallbackRequest["method"],
  { channels, chat, deps, failures }: Parts,
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
    deps.log("warning", "callback refused", { channel: name, why: reply.why });
    throw failures.of(source, new Fault(reply.refused, "this is not what the channel takes"));
  }
  const { status, text, type } = reply;
  // Some answers must not have a body, not even an empty one.
  return new Response(text === "" ? null : text, { status, headers: { "content-type": type } });
}
