/** What adding a device takes, by an invitation and in a session alike. */
import * as v from "valibot";
import {
  type AuthenticatorUse,
  type Device,
  isDeviceName,
  takeBackDevice,
} from "../../lib/core/device.ts";
import { DEFAULT_STEP, otpauthUri } from "../../lib/core/enrollment.ts";
import { deviceAdded } from "../../lib/core/people_events.ts";
import type { Person } from "../../lib/core/person.ts";
import { recoveryCodesLeft } from "../../lib/core/recovery_code.ts";
import { readAgent } from "../../lib/core/user_agent.ts";
import { check, readBody } from "../body.ts";
import type { Draft, Occasion } from "../enrolling.ts";
import { type Ctx, frameOf, type Parts } from "../http.ts";
import { type SignMessages, signMessages } from "../messages/sign_words.ts";
import { authenticatorPage, recoveryPage } from "../pages/devices_new.tsx";
import { type Frame, renderPage } from "../pages/layout.tsx";
import { PeopleRecords } from "../people_records.ts";

const text = v.pipe(v.string(), v.maxLength(200));
/** Without `passkey` where the script was not told what to make. */
export const NewPasskeyForm = v.strictObject({
  name: text,
  passkey: v.optional(v.string(), ""),
});
const AuthenticatorForm = v.strictObject({
  name: text,
  code: text,
  draft: v.pipe(v.string(), v.maxLength(2_000)),
});

/** Around a page of somebody who may not be signed in. */
export function frameFor(c: Ctx, parts: Parts, person: Person): Frame {
  const frame = frameOf(c, parts);
  return person.language === "auto" ? frame : { ...frame, language: person.language };
}

/** What a new passkey may be called. */
export function deviceNameFor(c: Ctx, m: SignMessages): string {
  const agent = readAgent(c.req.header("user-agent"));
  if (agent === undefined) return m.passkeyKind;
  return agent.browser === undefined ? agent.system : m.browserOn(agent.browser, agent.system);
}

/** Undefined: no name for a device. */
export function deviceName(typed: string): string | undefined {
  const name = typed.trim();
  return isDeviceName(name) ? name : undefined;
}

interface AddingAuthenticator {
  readonly occasion: Occasion;
  readonly frame: Frame;
  /** Where the form goes, and the way back. */
  readonly action: string;
  readonly back: string;
}

/** Changes nothing: the secret is in the page alone. */
export async function showAuthenticator(
  parts: Parts,
  adding: AddingAuthenticator,
  draft?: Draft,
  typed?: { readonly name: string; readonly fault: string },
): Promise<Response> {
  const { occasion: { person, use }, frame, action, back } = adding;
  const m = signMessages(frame.language);
  const { secret, sealed } = draft ?? await parts.enrolling.draft(adding.occasion);
  const issuer = use === "hosts" ? "gatehouse hosts" : "gatehouse";
  const account = `${person.name}@${new URL(parts.config.publicUrl).hostname}`;
  const label = `${issuer}:${account}`;
  const page = authenticatorPage({
    messages: m,
    ...wordsFor(use, m),
    action,
    back,
    secret,
    uri: otpauthUri({ secret, kind: "totp", step: DEFAULT_STEP, label, issuer }),
    sealed,
    deviceName: typed?.name ?? (use === "hosts" ? m.hostApp : m.authenticatorApp),
    ...(typed === undefined ? {} : { fault: typed.fault }),
  });
  return await renderPage(page, frame, typed === undefined ? 200 : 422);
}

function wordsFor(use: AuthenticatorUse, m: SignMessages): { title: string; hint?: string } {
  return use === "hosts"
    ? { title: m.addHostCodes, hint: m.hostCodesHint }
    : { title: m.addAuthenticator };
}

/** The device that the form describes, or the page with what is wrong. */
export async function confirmAuthenticator(
  c: Ctx,
  parts: Parts,
  adding: AddingAuthenticator,
): Promise<Device | Response> {
  const body = await readBody(c.req.raw, ["form"], parts.deps.after);
  const form = check(AuthenticatorForm, body.value);
  const m = signMessages(adding.frame.language);
  const refuse = (fault: string, draft?: Draft) =>
    showAuthenticator(parts, adding, draft, { name: form.name, fault });
  const draft = await parts.enrolling.reopen(form.draft, adding.occasion);
  if (draft === undefined) return await refuse(m.draftOver);
  const name = deviceName(form.name);
  if (name === undefined) return await refuse(m.notRegistered.name, draft);
  const confirmed = await parts.enrolling.confirm(draft, adding.occasion, name, form.code);
  if (confirmed.ok) return confirmed.device;
  const { why } = confirmed;
  return why === "off"
    ? await refuse(m.clockOff(minutes(confirmed.seconds)), draft)
    : await refuse(m.codeRefused[why], draft);
}

/** At least one, either way. */
function minutes(seconds: number): number {
  return Math.sign(seconds) * Math.max(1, Math.round(Math.abs(seconds) / 60));
}

/**
 * On record, and told.
 * @param invitation the id of the one that it used up
 * @throws Unavailable when it cannot be recorded; the person does not have it then
 */
export async function tellOfDevice(
  c: Ctx,
  { alerts, deps }: Parts,
  person: Person,
  device: Device,
  invitation: string | null,
): Promise<void> {
  const source = c.get("source");
  const tell = () => alerts.newDevice(person, device, { invitation: invitation !== null, source });
  try {
    await new PeopleRecords(deps).write(deviceAdded(person, device, invitation, source));
  } catch (error) {
    // One that stays all the same is told of all the same.
    await deps.store.change(takeBackDevice(device.id, invitation)).catch(tell);
    throw error;
  }
  tell();
}

/** After a device was registered: to where it goes on; by way of the recovery codes where the person has none left. */
export async function goOn(
  c: Ctx,
  parts: Parts,
  person: Person,
  { next, cookie }: { readonly next: string; readonly cookie?: string },
): Promise<Response> {
  const [sheet] = await parts.deps.store.find("recovery", { id: person.id });
  const headers = cookie === undefined ? {} : { "set-cookie": cookie };
  if (recoveryCodesLeft(sheet) === 0) {
    return await showNewCodes(c, parts, person, next, { headers, registered: true });
  }
  return c.body(null, 303, { ...headers, location: `${next}?done=registered` });
}

/** A new sheet of recovery codes, shown this once. */
export async function showNewCodes(
  c: Ctx,
  parts: Parts,
  person: Person,
  next: string,
  { headers = {}, registered = false }: {
    readonly headers?: Readonly<Record<string, string>>;
    /** A device was, just now. */
    readonly registered?: boolean;
  } = {},
): Promise<Response> {
  const codes = await parts.enrolling.recoveryCodes(person, c.get("source"));
  const frame = frameFor(c, parts, person);
  const messages = signMessages(frame.language);
  const now = parts.deps.clock.now();
  const page = recoveryPage({ messages, person, codes, registered, now, next });
  return await renderPage({ ...page, headers }, frame);
}
