/** Signing in and out. */
import * as v from "valibot";
import { passkeySite } from "../../lib/core/passkey.ts";
import { personSignedOut } from "../../lib/core/people_events.ts";
import { check, readBody } from "../body.ts";
import { type App, type Ctx, frameOf, type Parts, resource } from "../http.ts";
import { signMessages } from "../messages/sign_words.ts";
import { renderPage } from "../pages/layout.tsx";
import { signInPage, type Way } from "../pages/sign_in.tsx";
import { MY_DEVICES, MY_LOGINS, prefixOf, returnPath, SIGN_IN, SIGN_OUT } from "../paths.ts";
import { PeopleRecords } from "../people_records.ts";
import type { Proving } from "../sign_in.ts";
import type { SignedIn } from "../session.ts";
import { frameFor } from "./new_devices.ts";
import { type Refused, saidOf } from "./refused.ts";

const text = v.pipe(v.string(), v.maxLength(200));
const shared = { to: v.optional(text), again: v.optional(v.literal("1")) };
const typed = { name: text, code: text };
const Answer = v.variant("way", [
  // Without `passkey` where the script was not told what to sign.
  v.strictObject({
    ...shared,
    way: v.literal("passkey"),
    passkey: v.optional(v.string(), ""),
  }),
  v.strictObject({ ...shared, way: v.literal("code"), ...typed }),
  v.strictObject({ ...shared, way: v.literal("recovery"), ...typed }),
]);
type Answer = v.InferOutput<typeof Answer>;

export function signInRoutes(app: App, parts: Parts): void {
  const { config } = parts;
  const prefix = prefixOf(config.publicUrl);
  resource(app, "/", {
    GET: async (c) => {
      const who = await parts.sessions.of(c);
      return c.redirect(`${prefix}${who === undefined ? SIGN_IN : MY_LOGINS}`, 303);
    },
  }, { head: true });
  resource(app, SIGN_IN, { GET: (c) => show(c, parts), POST: (c) => prove(c, parts) }, {
    head: true,
  });
  resource(app, `${SIGN_IN}/options`, {
    POST: async (c) => {
      const asker = { kind: "anybody", source: c.get("source") } as const;
      return c.json(await parts.signIn.options({ purpose: "sign_in" }, [], asker));
    },
  });
  const records = new PeopleRecords(parts.deps);
  resource(app, SIGN_OUT, {
    POST: async (c) => {
      const who = await parts.sessions.of(c);
      const cookie = await parts.sessions.end(c);
      if (who !== undefined) {
        await records.write(personSignedOut(who.person, who.session, c.get("source")));
      }
      return goTo(c, `${prefix}${SIGN_IN}`, cookie);
    },
  });
}

async function show(c: Ctx, parts: Parts): Promise<Response> {
  const again = c.req.query("again") === "1";
  const to = returnPath(c.req.query("to"));
  const who = await parts.sessions.of(c);
  if (who !== undefined && !again && !who.recovering) {
    return c.redirect(`${prefixOf(parts.config.publicUrl)}${to}`, 303);
  }
  return await page(c, parts, who, { to, again, name: "" });
}

async function prove(c: Ctx, parts: Parts): Promise<Response> {
  const body = await readBody(c.req.raw, ["form"], parts.deps.after);
  const answer = check(Answer, body.value);
  const to = returnPath(answer.to);
  const proving = await judged(answer, c.get("source"), parts);
  if (proving.ok) {
    const cookie = await parts.signIn.begin(c, proving);
    const next = proving.proof.via === "recovery_code" ? MY_DEVICES : to;
    return goTo(c, `${prefixOf(parts.config.publicUrl)}${next}`, cookie);
  }
  const { way } = answer;
  const name = answer.way === "passkey" ? "" : answer.name;
  const who = await parts.sessions.of(c);
  const asked = { to, again: answer.again === "1", name };
  return await page(c, parts, who, asked, { way, proving });
}

function judged(answer: Answer, source: string, { signIn }: Parts): Promise<Proving> {
  switch (answer.way) {
    case "passkey":
      return signIn.byPasskey(answer.passkey, { purpose: "sign_in" }, source);
    case "code":
      return signIn.byCode({ name: answer.name.trim(), code: answer.code }, source);
    case "recovery":
      return signIn.byRecoveryCode({ name: answer.name.trim(), code: answer.code }, source);
  }
}

async function page(
  c: Ctx,
  parts: Parts,
  who: SignedIn | undefined,
  asked: { readonly to: string; readonly again: boolean; readonly name: string },
  refused?: { readonly way: Way; readonly proving: Refused },
): Promise<Response> {
  const { publicUrl } = parts.config;
  // Whoever proves it again is known: but for the way about, it is a page of theirs.
  const frame = who === undefined ? frameOf(c, parts) : frameFor(c, parts, who.person);
  const messages = signMessages(frame.language);
  const site = passkeySite(publicUrl);
  const view = {
    messages,
    noPasskeys: site.usable ? undefined : site.why,
    action: `${frame.prefix}${SIGN_IN}`,
    ...asked,
    name: asked.name === "" ? who?.person.name ?? "" : asked.name,
  };
  if (refused === undefined) return await renderPage(signInPage(view), frame);
  const { way, proving } = refused;
  const { text, status, headers } = saidOf(proving, messages, parts.deps.clock.now());
  const content = signInPage({ ...view, fault: { way, text } });
  return await renderPage({ ...content, headers }, frame, status);
}

/** After something was changed. @param cookie the Set-Cookie header's value */
function goTo(c: Ctx, address: string, cookie: string): Response {
  return c.body(null, 303, { location: address, "set-cookie": cookie });
}
