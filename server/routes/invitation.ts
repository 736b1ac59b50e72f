/** Invitations: whoever opens one sees a page; what is registered there uses it up. */
import type { Device } from "../../lib/core/device.ts";
import { isUsable } from "../../lib/core/device.ts";
import {
  acceptInvitation,
  type Invitation,
  invitationHash,
  invitationStanding,
} from "../../lib/core/invitation.ts";
import { passkeySite } from "../../lib/core/passkey.ts";
import type { Person } from "../../lib/core/person.ts";
import { check, readBody } from "../body.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, frameOf, type Parts, resource } from "../http.ts";
import { signMessages } from "../messages/sign_words.ts";
import { closedInvitationPage, invitationPage } from "../pages/invitation.tsx";
import { renderPage } from "../pages/layout.tsx";
import { INVITATION_PATH, MY_LOGINS, prefixOf } from "../paths.ts";
import {
  confirmAuthenticator,
  deviceName,
  deviceNameFor,
  frameFor,
  goOn,
  NewPasskeyForm,
  showAuthenticator,
  tellOfDevice,
} from "./new_devices.ts";

/** 24 bytes in base64url. */
const TOKEN = /^[A-Za-z0-9_-]{32}$/;

interface Invited {
  readonly token: string;
  readonly invitation: Invitation;
  readonly person: Person;
}

export function invitationRoutes(app: App, parts: Parts): void {
  const path = `${INVITATION_PATH}/:token`;
  const opened = (answer: (c: Ctx, invited: Invited) => Response | Promise<Response>) => {
    return (c: Ctx) => withInvitation(c, parts, answer);
  };
  resource(app, path, {
    GET: opened((c, invited) => showInvitation(c, parts, invited)),
    POST: opened((c, invited) => registerPasskey(c, parts, invited)),
  }, { head: true });
  resource(app, `${path}/options`, {
    POST: opened(async (c, { person }) => c.json(await parts.enrolling.passkeyOptions(person))),
  });
  resource(app, `${path}/authenticator`, {
    GET: opened((c, invited) => showAuthenticator(parts, adding(c, parts, invited))),
    POST: opened(async (c, invited) => {
      const device = await confirmAuthenticator(c, parts, adding(c, parts, invited));
      return device instanceof Response ? device : await register(c, parts, invited, device);
    }),
  }, { head: true });
}

/** Says what is wrong with it where it cannot be used. Changes nothing. */
async function withInvitation(
  c: Ctx,
  parts: Parts,
  answer: (c: Ctx, invited: Invited) => Response | Promise<Response>,
): Promise<Response> {
  const { clock, store } = parts.deps;
  const token = c.req.param("token") ?? "";
  const [invitation] = TOKEN.test(token)
    ? await store.find("invitation", { token: invitationHash(token) })
    : [];
  const [person] = invitation === undefined
    ? []
    : await store.find("person", { id: invitation.person });
  const standing = invitationStanding(invitation, person, clock.now());
  if (standing === "open" && invitation !== undefined && person !== undefined) {
    return await answer(c, { token, invitation, person });
  }
  return await closed(c, parts, standing === "open" ? "unknown" : standing);
}

/** @throws Fault 429 for who has opened too many that there are not */
async function closed(
  c: Ctx,
  parts: Parts,
  standing: "used" | "expired" | "unknown",
): Promise<Response> {
  if (standing === "unknown") {
    const fault = parts.failures.of(c.get("source"), new Fault(404, "there is no such invitation"));
    if (fault.status === 429) throw fault;
  }
  const frame = frameOf(c, parts);
  const page = closedInvitationPage(signMessages(frame.language), standing);
  return await renderPage(page, frame, standing === "unknown" ? 404 : 410);
}

async function showInvitation(
  c: Ctx,
  parts: Parts,
  { token, invitation, person }: Invited,
  typed?: { readonly name: string; readonly fault: string },
): Promise<Response> {
  const frame = frameFor(c, parts, person);
  const messages = signMessages(frame.language);
  const site = passkeySite(parts.config.publicUrl);
  const devices = await parts.deps.store.find("device", { person: person.id });
  const page = invitationPage({
    messages,
    noPasskeys: site.usable ? undefined : site.why,
    action: addressOf(token, parts),
    invitation,
    person,
    devices: devices.filter(isUsable).length,
    deviceName: typed?.name ?? deviceNameFor(c, messages),
    ...(typed === undefined ? {} : { fault: typed.fault }),
  });
  return await renderPage(page, frame, typed === undefined ? 200 : 422);
}

async function registerPasskey(c: Ctx, parts: Parts, invited: Invited): Promise<Response> {
  const body = await readBody(c.req.raw, ["form"], parts.deps.after);
  const form = check(NewPasskeyForm, body.value);
  const { notRegistered } = signMessages(frameFor(c, parts, invited.person).language);
  const refuse = (why: keyof typeof notRegistered) =>
    showInvitation(c, parts, invited, { name: form.name, fault: notRegistered[why] });
  const name = deviceName(form.name);
  if (name === undefined) return await refuse("name");
  const made = await parts.enrolling.newPasskey(invited.person, name, form.passkey);
  return made.ok ? await register(c, parts, invited, made.device) : await refuse(made.why);
}

/** Uses the invitation up for that device, and signs in with it. */
async function register(
  c: Ctx,
  parts: Parts,
  { token, invitation, person }: Invited,
  device: Device,
): Promise<Response> {
  const { clock, store } = parts.deps;
  const accepted = await store.change(acceptInvitation(token, device, clock.now()));
  if (!accepted.ok) {
    const { why } = accepted;
    if (why !== "known" && why !== "too_many") return await closed(c, parts, why);
    const { notRegistered } = signMessages(frameFor(c, parts, person).language);
    const typed = { name: device.name, fault: notRegistered[why] };
    return await showInvitation(c, parts, { token, invitation, person }, typed);
  }
  await tellOfDevice(c, parts, person, device, invitation.id);
  const proof = { person: person.id, device: device.id, via: "invitation" } as const;
  const cookie = await parts.signIn.begin(c, { ok: true, person: accepted.person, proof });
  const next = `${prefixOf(parts.config.publicUrl)}${MY_LOGINS}`;
  return await goOn(c, parts, person, { next, cookie });
}

function adding(c: Ctx, parts: Parts, { token, invitation, person }: Invited) {
  const back = addressOf(token, parts);
  return {
    occasion: { person, id: invitation.id, use: "sign_in" },
    frame: frameFor(c, parts, person),
    action: `${back}/authenticator`,
    back,
  } as const;
}

/** As browsers see it. */
function addressOf(token: string, { config }: Parts): string {
  return `${prefixOf(config.publicUrl)}${INVITATION_PATH}/${token}`;
}
