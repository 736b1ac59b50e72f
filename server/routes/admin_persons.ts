/** Administrators look after persons. */
import * as v from "valibot";
import { unusedOf } from "../../lib/core/invitation.ts";
import { byPerson, type Person } from "../../lib/core/person.ts";
import { type Invited, Persons } from "../board_persons.ts";
import { hasWords, pieceOf, searchWords } from "../board_search.ts";
import { check, readBody } from "../body.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, frameOf, page, type Parts } from "../http.ts";
import type { Done, FormFault } from "../messages/board_words.ts";
import { invitationPage, personPage } from "../pages/admin_person.tsx";
import { personsPage } from "../pages/admin_persons.tsx";
import { renderPage } from "../pages/layout.tsx";
import { EMPTY_FORM, formOf, type PersonForm } from "../pages/person_fields.tsx";
import { ADMIN_PERSONS } from "../paths.ts";
import type { SignedIn } from "../session.ts";
import { sharedContacts, sharedWith } from "../shared_contacts.ts";
import { backTo, viewOf } from "./board_view.ts";
import { differing, readForm } from "./person_form.ts";

const A_PAGE = 100;
const DeviceForm = v.strictObject({
  device: v.pipe(v.string(), v.regex(/^d_[A-Za-z0-9_-]{1,64}$/, "must be a device")),
});

const RIGHTS = { role: "administrator", fresh: ["POST"] } as const;

type Act = (c: Ctx, who: SignedIn, person: Person) => Promise<Response>;

export function adminPersonsRoutes(app: App, parts: Parts): void {
  page(app, parts, ADMIN_PERSONS, RIGHTS, {
    GET: (c, who) => showPersons(c, who, parts, EMPTY_FORM),
    POST: (c, who) => add(c, who, parts),
  });
  const of = `${ADMIN_PERSONS}/:id`;
  page(app, parts, of, RIGHTS, {
    GET: async (c, who) => await showPerson(c, who, parts, await personOf(c, parts)),
  });
  const acts: Readonly<Record<string, Act>> = {
    change: (c, who, person) => change(c, who, parts, person),
    invite: (c, who, person) => inviteAgain(c, who, parts, person),
    freeze: (c, who, person) => takeAway(c, who, parts, person, "freeze"),
    remove: (c, who, person) => takeAway(c, who, parts, person, "remove"),
    unfreeze: async (c, who, person) => {
      const changed = await changing(who, parts).unfreeze(person);
      if (changed !== "changed") return await showPerson(c, who, parts, person, { fault: "gone" });
      return backToPerson(c, parts, person, "unfrozen");
    },
    revoke: (c, who, person) => revokeDevice(c, who, parts, person),
  };
  for (const [name, act] of Object.entries(acts)) {
    page(app, parts, `${of}/${name}`, RIGHTS, {
      POST: async (c, who) => await act(c, who, await personOf(c, parts)),
    });
  }
}

async function showPersons(
  c: Ctx,
  who: SignedIn,
  parts: Parts,
  form: PersonForm,
): Promise<Response> {
  const { store } = parts.deps;
  const [persons, devices, invitations] = await Promise.all([
    store.find("person", { all: true }),
    store.find("device", { all: true }),
    store.find("invitation", { all: true }),
  ]);
  const query = c.req.query("q") ?? "";
  const words = searchWords(query);
  const found = persons
    .filter(({ name, approves, contacts }) =>
      hasWords(words, [name, ...approves, ...Object.values(contacts)])
    )
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  const byPerson = Map.groupBy(devices, ({ person }) => person);
  const { items, ...places } = pieceOf(found, c.req.query("page"), A_PAGE);
  const view = {
    ...viewOf(c, who, parts, ADMIN_PERSONS),
    piece: {
      ...places,
      items: items.map((person) => ({
        person,
        devices: byPerson.get(person.id) ?? [],
        invitation: unusedOf(person, invitations),
      })),
    },
    query,
    form,
    channels: parts.channels.all,
  };
  const status = form.fault === undefined ? 200 : 422;
  return await renderPage(personsPage(view), frameOf(c, parts, who), status);
}

/** Those who are gone come last. */
function rank({ state }: Person): number {
  return state === "removed" ? 1 : 0;
}

async function showPerson(
  c: Ctx,
  who: SignedIn,
  parts: Parts,
  person: Person,
  { form = formOf(person), fault }: { form?: PersonForm; fault?: FormFault } = {},
): Promise<Response> {
  const { store } = parts.deps;
  const [devices, invitations, shared] = await Promise.all([
    store.find("device", { person: person.id }),
    store.find("invitation", { person: person.id }),
    sharing(person, parts),
  ]);
  const invitation = unusedOf(person, invitations);
  const view = {
    ...viewOf(c, who, parts, `${ADMIN_PERSONS}/${person.id}`),
    ...{ person, devices, invitation, form, fault },
    contacts: parts.contacts.all(person.contacts),
    channels: parts.channels.all,
    shared,
  };
  const status = fault === undefined && form.fault === undefined ? 200 : 422;
  return await renderPage(personPage(view), frameOf(c, parts, who), status);
}

async function add(c: Ctx, who: SignedIn, parts: Parts): Promise<Response> {
  const read = await readForm(c, parts, {});
  if (!read.ok) return await showPersons(c, who, parts, read.form);
  const invited = await changing(who, parts).add(read.given);
  if (invited === undefined) {
    return await showPersons(c, who, parts, { ...read.form, fault: "name_taken" });
  }
  return await showLink(c, who, parts, invited);
}

async function change(c: Ctx, who: SignedIn, parts: Parts, person: Person): Promise<Response> {
  const read = await readForm(c, parts, person.contacts);
  if (!read.ok) return await showPerson(c, who, parts, person, { form: read.form });
  const { form, given } = read;
  // Else nobody might be left who can give it back.
  if (isSelf(who, person) && !given.administrator) {
    return await showPerson(c, who, parts, person, { form: { ...form, fault: "self" } });
  }
  const patch = differing(person, given);
  if (Object.keys(patch).length === 0) return backToPerson(c, parts, person, "changed");
  const changed = await changing(who, parts).change(person, patch);
  if (changed === "changed") return backToPerson(c, parts, person, "changed");
  const fault = changed === "name_taken" ? changed : "gone";
  return await showPerson(c, who, parts, person, { form: { ...form, fault } });
}

async function inviteAgain(
  c: Ctx,
  who: SignedIn,
  parts: Parts,
  person: Person,
): Promise<Response> {
  const invited = await changing(who, parts).invite(person);
  if (invited === undefined) return await showPerson(c, who, parts, person, { fault: "gone" });
  return await showLink(c, who, parts, invited);
}

async function showLink(
  c: Ctx,
  who: SignedIn,
  parts: Parts,
  invited: Invited,
): Promise<Response> {
  const shared = await sharing(invited.person, parts);
  const view = { ...viewOf(c, who, parts), ...invited, shared };
  return await renderPage(invitationPage(view), frameOf(c, parts, who), 201);
}

/** Who else has contacts of that person, where that matters. */
async function sharing(person: Person, { deps, channels }: Parts) {
  const persons = await deps.store.find("person", { all: true });
  return sharedWith(person, sharedContacts(channels.all, persons));
}

async function takeAway(
  c: Ctx,
  who: SignedIn,
  parts: Parts,
  person: Person,
  what: "freeze" | "remove",
): Promise<Response> {
  if (isSelf(who, person)) return await showPerson(c, who, parts, person, { fault: "self" });
  const changed = await changing(who, parts)[what](person);
  if (changed !== "changed") return await showPerson(c, who, parts, person, { fault: "gone" });
  return backToPerson(c, parts, person, what === "freeze" ? "frozen" : "changed");
}

async function revokeDevice(
  c: Ctx,
  who: SignedIn,
  parts: Parts,
  person: Person,
): Promise<Response> {
  const body = await readBody(c.req.raw, ["form"], parts.deps.after);
  const { device } = check(DeviceForm, body.value);
  const revoked = await changing(who, parts).revoke(person, device);
  if (revoked === undefined) throw new Fault(404, "this person has no such device");
  return backToPerson(c, parts, person, "revoked");
}

function isSelf({ person }: SignedIn, other: Person): boolean {
  return person.id === other.id;
}

function changing({ person }: SignedIn, { deps, config, alerts }: Parts): Persons {
  return new Persons(deps, config, alerts, byPerson(person));
}

function backToPerson(c: Ctx, parts: Parts, { id }: Person, done: Done): Response {
  return backTo(c, parts, `${ADMIN_PERSONS}/${id}`, done);
}

/** @throws Fault 404 */
async function personOf(c: Ctx, { deps }: Parts): Promise<Person> {
  const [person] = await deps.store.find("person", { id: c.req.param("id") ?? "" });
  if (person === undefined) throw new Fault(404, "there is no such person");
  return person;
}
