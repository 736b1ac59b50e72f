/** A person's own devices, recovery codes and language. */
import * as v from "valibot";
import {
  addDevice,
  type AuthenticatorUse,
  type Device,
  isUsable,
  renameDevice,
  revokeDevice,
} from "../../lib/core/device.ts";
import { hasCodesSomewhere } from "../../lib/core/central_code.ts";
import { passkeySite } from "../../lib/core/passkey.ts";
import { deviceRenamed, deviceRevoked, personChanged } from "../../lib/core/people_events.ts";
import { byPerson } from "../../lib/core/person.ts";
import { changePerson } from "../../lib/core/person_change.ts";
import { recoveryCodesLeft } from "../../lib/core/recovery_code.ts";
import { check, readBody } from "../body.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, frameOf, page, type Parts } from "../http.ts";
import { type SignMessages, signMessages } from "../messages/sign_words.ts";
import { devicesPage, signsIn } from "../pages/devices.tsx";
import { renderPage } from "../pages/layout.tsx";
import { MY_DEVICES, prefixOf } from "../paths.ts";
import { PeopleRecords } from "../people_records.ts";
import type { SignedIn } from "../session.ts";
import { frozenFor } from "./frozen.ts";
import {
  confirmAuthenticator,
  deviceName,
  deviceNameFor,
  goOn,
  NewPasskeyForm,
  showAuthenticator,
  showNewCodes,
  tellOfDevice,
} from "./new_devices.ts";

const RenameForm = v.strictObject({ name: v.pipe(v.string(), v.maxLength(200)) });
const RevokeForm = v.strictObject({ last: v.optional(v.literal("1")) });
const LanguageForm = v.strictObject({ language: v.picklist(["auto", "en", "zh-CN"]) });

/** Whoever signed in by a recovery code may do these, and nothing else. */
const ANYONE = { role: "person", recovering: true } as const;
const FRESH = { ...ANYONE, fresh: ["GET", "POST"] } as const;

export function deviceRoutes(app: App, parts: Parts): void {
  page(app, parts, MY_DEVICES, ANYONE, { GET: (c, who) => show(c, parts, who) });
  page(app, parts, `${MY_DEVICES}/passkey`, FRESH, {
    POST: (c, who) => addPasskey(c, parts, who),
  });
  page(app, parts, `${MY_DEVICES}/passkey/options`, FRESH, {
    POST: async (c, { person }) => c.json(await parts.enrolling.passkeyOptions(person)),
  });
  authenticatorPage(app, parts, "authenticator", "sign_in");
  authenticatorPage(app, parts, "host-codes", "hosts");
  page(app, parts, `${MY_DEVICES}/recovery`, FRESH, {
    POST: (c, { person }) => showNewCodes(c, parts, person, home(parts)),
  });
  page(app, parts, `${MY_DEVICES}/language`, { role: "person" }, {
    POST: (c, who) => setLanguage(c, parts, who),
  });
  page(app, parts, `${MY_DEVICES}/:device/rename`, ANYONE, {
    POST: (c, who) => rename(c, parts, who),
  });
  page(app, parts, `${MY_DEVICES}/:device/revoke`, FRESH, {
    POST: (c, who) => revoke(c, parts, who),
  });
}

/** Where an authenticator is added, for that use. */
function authenticatorPage(app: App, parts: Parts, name: string, use: AuthenticatorUse): void {
  const rights = use === "hosts" ? { ...FRESH, recovering: false } : FRESH;
  const adding = (c: Ctx, who: SignedIn) => {
    if (use === "hosts" && !hasCodesSomewhere(who.person, parts.config.codes.accounts)) {
      throw new Fault(404, "no host takes codes for an account of yours");
    }
    return {
      occasion: { person: who.person, id: who.session.id, use },
      frame: frameOf(c, parts, who),
      action: `${home(parts)}/${name}`,
      back: home(parts),
    };
  };
  page(app, parts, `${MY_DEVICES}/${name}`, rights, {
    GET: (c, who) => showAuthenticator(parts, adding(c, who)),
    POST: async (c, who) => {
      const device = await confirmAuthenticator(c, parts, adding(c, who));
      return device instanceof Response ? device : await add(c, parts, who, device);
    },
  });
}

async function show(c: Ctx, parts: Parts, who: SignedIn, fault?: string): Promise<Response> {
  const { clock, store } = parts.deps;
  const { person, session, fresh, recovering } = who;
  const frame = frameOf(c, parts, who);
  const messages = signMessages(frame.language);
  const site = passkeySite(parts.config.publicUrl);
  const [devices, [sheet], freezes] = await Promise.all([
    store.find("device", { person: person.id }),
    store.find("recovery", { id: person.id }),
    frozenFor(person, parts),
  ]);
  const content = devicesPage({
    messages,
    noPasskeys: site.usable ? undefined : site.why,
    prefix: frame.prefix,
    now: clock.now(),
    ...{ person, fresh, recovering },
    contacts: parts.contacts.all(person.contacts),
    devices: devices.filter(isUsable),
    current: session.device,
    codesLeft: recoveryCodesLeft(sheet),
    hostCodes: hasCodesSomewhere(person, parts.config.codes.accounts),
    frozen: freezes.length,
    deviceName: deviceNameFor(c, messages),
    registered: c.req.query("done") === "registered",
    ...(fault === undefined ? {} : { fault }),
  });
  return await renderPage(content, frame, fault === undefined ? 200 : 422);
}

async function addPasskey(c: Ctx, parts: Parts, who: SignedIn): Promise<Response> {
  const form = check(NewPasskeyForm, (await formOf(c, parts)).value);
  const { notRegistered } = words(c, parts, who);
  const name = deviceName(form.name);
  if (name === undefined) return await show(c, parts, who, notRegistered.name);
  const made = await parts.enrolling.newPasskey(who.person, name, form.passkey);
  if (!made.ok) return await show(c, parts, who, notRegistered[made.why]);
  return await add(c, parts, who, made.device);
}

async function add(c: Ctx, parts: Parts, who: SignedIn, device: Device): Promise<Response> {
  const { person } = who;
  const added = await parts.deps.store.change(addDevice(device));
  if (!added.ok) {
    if (added.why === "not_active") {
      throw new Fault(401, "sign in first", { reason: "not_signed_in" });
    }
    return await show(c, parts, who, words(c, parts, who).notRegistered[added.why]);
  }
  await tellOfDevice(c, parts, person, device, null);
  const next = home(parts);
  if (!who.recovering) return await goOn(c, parts, person, { next });
  // The person has a device again, and has just used it.
  const via = device.kind === "passkey" ? "passkey" : "code";
  const proof = { person: person.id, device: device.id, via } as const;
  const cookie = await parts.signIn.begin(c, { ok: true, person, proof });
  return await goOn(c, parts, person, { next, cookie });
}

async function rename(c: Ctx, parts: Parts, who: SignedIn): Promise<Response> {
  const form = check(RenameForm, (await formOf(c, parts)).value);
  const name = deviceName(form.name);
  if (name === undefined) {
    return await show(c, parts, who, words(c, parts, who).notRegistered.name);
  }
  const { store } = parts.deps;
  const id = c.req.param("device") ?? "";
  const [before] = await store.find("device", { id });
  const renamed = await store.change(renameDevice(who.person.id, id, name));
  if (renamed === undefined || before === undefined) throw noDevice();
  await new PeopleRecords(parts.deps).write(deviceRenamed(who.person, before, renamed));
  return c.redirect(home(parts), 303);
}

async function revoke(c: Ctx, parts: Parts, who: SignedIn): Promise<Response> {
  const { last } = check(RevokeForm, (await formOf(c, parts)).value);
  const { clock, store } = parts.deps;
  const { person } = who;
  const id = c.req.param("device") ?? "";
  const usable = (await store.find("device", { person: person.id })).filter(isUsable);
  const left = usable.filter((device) => signsIn(device) && device.id !== id);
  const device = usable.find((device) => device.id === id);
  if (device !== undefined && signsIn(device) && left.length === 0 && last === undefined) {
    return await show(c, parts, who, words(c, parts, who).revokeLast);
  }
  const revoked = await store.change(revokeDevice(person.id, id, clock.now()));
  if (revoked === undefined) throw noDevice();
  await new PeopleRecords(parts.deps).write(deviceRevoked(person, revoked, byPerson(person)));
  return c.redirect(home(parts), 303);
}

async function setLanguage(c: Ctx, parts: Parts, { person }: SignedIn): Promise<Response> {
  const { language } = check(LanguageForm, (await formOf(c, parts)).value);
  const { clock, store } = parts.deps;
  const { groups } = parts.config.approval;
  const by = byPerson(person);
  const changed = await store.change(
    changePerson(person, { language }, by, groups, clock.now()),
  );
  if (changed.ok && changed.before.language !== language) {
    await new PeopleRecords(parts.deps).write(personChanged(changed.before, changed.person, by));
  }
  return c.redirect(home(parts), 303);
}

function formOf(c: Ctx, { deps }: Parts) {
  return readBody(c.req.raw, ["form"], deps.after);
}

function words(c: Ctx, parts: Parts, who: SignedIn): SignMessages {
  return signMessages(frameOf(c, parts, who).language);
}

function noDevice(): Fault {
  return new Fault(404, "there is no such device");
}

/** The page of devices, as browsers see it. */
function home({ config }: Parts): string {
  return `${prefixOf(config.publicUrl)}${MY_DEVICES}`;
}
