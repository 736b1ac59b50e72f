/** One's own frozen accounts: what a person has reported, the same person can lift. */
import * as v from "valibot";
import { type Freeze, mayLift } from "../../lib/core/freeze.ts";
import { isUsable } from "../../lib/core/device.ts";
import { passkeySite } from "../../lib/core/passkey.ts";
import { byPerson, isOwnUser, type Person } from "../../lib/core/person.ts";
import { normalizeRecoveryCode } from "../../lib/core/recovery_code.ts";
import { check, readBody } from "../body.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, frameOf, page, type Parts } from "../http.ts";
import { signMessages } from "../messages/sign_words.ts";
import { frozenPage } from "../pages/devices_frozen.tsx";
import { renderPage } from "../pages/layout.tsx";
import { FROZEN, prefixOf } from "../paths.ts";
import type { SignedIn } from "../session.ts";
import { type Refused, saidOf, type SaidOfRefusal } from "./refused.ts";

const LiftForm = v.strictObject({
  recovery: v.pipe(v.string(), v.maxLength(200)),
  // Missing where the script was not told what to sign.
  passkey: v.optional(v.string(), ""),
});
const PROVEN = { passkey: true, recoveryCode: true };

export function frozenRoutes(app: App, parts: Parts): void {
  page(app, parts, FROZEN, { role: "person" }, { GET: (c, who) => show(c, parts, who) });
  page(app, parts, `${FROZEN}/:freeze`, { role: "person" }, {
    POST: (c, who) => lift(c, parts, who),
  });
  page(app, parts, `${FROZEN}/:freeze/options`, { role: "person" }, {
    POST: async (c, { person }) => {
      const freeze = await liftable(c, person, parts);
      const devices = await parts.deps.store.find("device", { person: person.id });
      const own = devices.filter(isUsable).flatMap((device) =>
        device.kind === "passkey" ? [device.passkey] : []
      );
      const asker = { kind: "person", person: person.id } as const;
      return c.json(await parts.signIn.options(useOf(person, freeze), own, asker));
    },
  });
}

/** What holds now of that person's own accounts, and what the person has reported. */
export async function frozenFor(person: Person, { deps }: Parts): Promise<Freeze[]> {
  const freezes = await deps.store.find("freeze", { all: true });
  return freezes.filter((freeze) =>
    freeze.liftedAt === null &&
    (isOwnUser(person, freeze.user) || freeze.by === byPerson(person))
  );
}

async function show(
  c: Ctx,
  parts: Parts,
  who: SignedIn,
  refused?: SaidOfRefusal,
): Promise<Response> {
  const frame = frameOf(c, parts, who);
  const site = passkeySite(parts.config.publicUrl);
  const { person } = who;
  const freezes = await frozenFor(person, parts);
  const content = frozenPage({
    messages: signMessages(frame.language),
    noPasskeys: site.usable ? undefined : site.why,
    prefix: frame.prefix,
    now: parts.deps.clock.now(),
    person,
    freezes: freezes.map((freeze) => ({ freeze, mayLift: mayLift(person, freeze, PROVEN) })),
    ...(refused === undefined ? {} : { fault: refused.text }),
  });
  const { headers = {}, status = 200 } = refused ?? {};
  return await renderPage({ ...content, headers }, frame, status);
}

async function lift(c: Ctx, parts: Parts, who: SignedIn): Promise<Response> {
  const body = await readBody(c.req.raw, ["form"], parts.deps.after);
  const form = check(LiftForm, body.value);
  const { clock } = parts.deps;
  const { person } = who;
  const source = c.get("source");
  const freeze = await liftable(c, person, parts);
  const m = signMessages(frameOf(c, parts, who).language);
  const refuse = (refused: Refused) => show(c, parts, who, saidOf(refused, m, clock.now()));
  // Before the passkey: whoever mistypes it shall not have to touch the device for nothing.
  if (normalizeRecoveryCode(form.recovery) === undefined) {
    return await refuse({ ok: false, why: "malformed" });
  }
  const touched = await parts.signIn.byPasskey(form.passkey, useOf(person, freeze), source);
  if (!touched.ok) return await refuse(touched);
  const { name } = person;
  const recovered = await parts.signIn.byRecoveryCode({ name, code: form.recovery }, source);
  if (!recovered.ok) return await refuse(recovered);
  await parts.decisions.lift(freeze.id, byPerson(person));
  return c.redirect(`${prefixOf(parts.config.publicUrl)}${FROZEN}`, 303);
}

/** @throws Fault 404 also where it is another person's to lift: that there is one is nobody's business */
async function liftable(c: Ctx, person: Person, parts: Parts): Promise<Freeze> {
  const id = c.req.param("freeze");
  const freeze = (await frozenFor(person, parts)).find((freeze) => freeze.id === id);
  if (freeze === undefined || !mayLift(person, freeze, PROVEN)) {
    throw new Fault(404, "there is nothing here that you can lift");
  }
  return freeze;
}

function useOf(person: Person, freeze: Freeze) {
  return { purpose: "unfreeze", person: person.id, freeze: freeze.id } as const;
}
