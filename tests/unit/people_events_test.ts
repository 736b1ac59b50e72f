/** What the audit log says about people, and what it must never say. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { AuditEvent } from "../../lib/core/audit.ts";
import {
  accountFrozen,
  accountQuiet,
  accountUnfrozen,
  deviceAdded,
  deviceRenamed,
  deviceRevoked,
  grantEnded,
  grantGiven,
  grantUsed,
  loginApprovedFirst,
  personAdded,
  personChanged,
  personFrozen,
  personInvited,
  personRemoved,
  personSignedIn,
  personSignedOut,
  personUnfrozen,
  recoveryMade,
  recoveryUsed,
  signInRefused,
} from "../../lib/core/people_events.ts";
import { isPrintable } from "../../lib/core/text.ts";
import { PeopleRecords } from "../../server/people_records.ts";
import { aLogin, T0 } from "../support/logins.ts";
import {
  aFreeze,
  aGrant,
  anAuthenticator,
  anInvitation,
  aPasskey,
  aPerson,
  aSession,
  INVITED,
} from "../support/people.ts";
import type { LogLine } from "../support/server_app.ts";
import { anyText } from "../support/texts.ts";

const FROM = "192.0.2.9";

/** One of each, of things whose texts are all `text`. */
function everyEvent(text: string): AuditEvent[] {
  const person = aPerson({ name: text, approves: [text], contacts: { [text]: text } });
  const device = anAuthenticator({ name: text, seed: "1.sealed.secret" });
  const its = { user: text, host: text, service: text, requester: text, key: text };
  const login = aLogin({ ...its, source: text, command: text, commandHash: text });
  const grant = aGrant({ ...its, person: person.id, endedBy: text, ended: "revoked" });
  const freeze = aFreeze({ user: text, host: text, by: text, evidence: login, liftedBy: text });
  return [
    personAdded(person, text),
    personChanged(aPerson(), person, text),
    personFrozen(person, text),
    personUnfrozen(person, text),
    personRemoved(person, text),
    personInvited(person, anInvitation({ by: text })),
    personSignedIn(person, aSession(), text),
    signInRefused(person, { via: "code", why: "wrong", source: text }),
    signInRefused(undefined, { via: "code", why: "wrong", source: text }),
    personSignedOut(person, aSession(), text),
    deviceAdded(person, device, "i_1", text),
    deviceAdded(person, aPasskey({ name: text }), null, text),
    deviceRenamed(person, anAuthenticator(), device),
    deviceRevoked(person, device, text),
    recoveryMade(person, text),
    recoveryUsed(person, 9, text),
    grantGiven(grant, login),
    grantUsed(grant, login),
    grantEnded(grant),
    accountFrozen(freeze),
    accountUnfrozen(freeze),
    accountQuiet(login, 5, T0),
    loginApprovedFirst(login, text, text),
  ];
}

Deno.test("each has its name", () => {
  assert.deepEqual([...new Set(everyEvent("alice").map(({ event }) => event))], [
    "person.added",
    "person.changed",
    "person.frozen",
    "person.unfrozen",
    "person.removed",
    "person.invited",
    "person.signed_in",
    "person.sign_in_refused",
    "person.signed_out",
    "device.added",
    "device.renamed",
    "device.revoked",
    "recovery.made",
    "recovery.used",
    "grant.given",
    "grant.used",
    "grant.ended",
    "account.frozen",
    "account.unfrozen",
    "account.quiet",
    "login.approved_first",
  ]);
});

Deno.test("whatever the names are, all that it says is printable and flat", () => {
  fc.assert(fc.property(anyText(2_000), (text) => {
    for (const event of everyEvent(text)) {
      for (const [field, value] of Object.entries(event)) {
        assert.ok(value === null || typeof value !== "object", field);
        assert.ok(typeof value !== "string" || isPrintable(value), `${event.event} ${field}`);
        assert.ok(String(value).length <= 4_096);
      }
    }
  }));
});

Deno.test("no seed, hash, token, passkey or secret of a link is in any", () => {
  const { tokenHash } = anInvitation();
  const { tokenHash: cookie } = aSession();
  const { passkey } = aPasskey();
  const login = aLogin();
  const secrets = [
    ...["1.sealed", INVITED, tokenHash, cookie, passkey.id, passkey.publicKey],
    ...[login.ticket, login.secretHash, login.nonce],
  ];
  const said = JSON.stringify(everyEvent("alice"));
  for (const secret of secrets) assert.ok(!said.includes(secret), secret);
});

Deno.test("a name that is nobody's is not written down: it may be a password", () => {
  assert.deepEqual(signInRefused(undefined, { via: "code", why: "wrong", source: FROM }), {
    event: "person.sign_in_refused",
    person: null,
    name: null,
    via: "code",
    why: "wrong",
    source: FROM,
  });
});

Deno.test("of a change it is what is otherwise, and what was before", () => {
  const before = aPerson({ approves: ["own"], contacts: { wecom: "alice-chat" } });
  const after = { ...before, administrator: true, contacts: { wecom: "mallory", mail: "a@b.c" } };
  assert.deepEqual(personChanged(before, after, "admin:root"), {
    event: "person.changed",
    person: "p_alice",
    name: "alice",
    administrator: true,
    was_administrator: false,
    contacts: "wecom=…ory mail=a…@b.c",
    was_contacts: "wecom=…chat",
    contacts_changed: "wecom mail",
    by: "admin:root",
  });
  const renamed = personChanged(before, { ...before, name: "alicia" }, "admin:root");
  assert.deepEqual([renamed.name, renamed.was_name], ["alicia", "alice"]);
  assert.ok(!("contacts" in renamed) && !("was_contacts" in renamed));
});

Deno.test("of contacts it says which have changed, each shortened, also when they look alike then", () => {
  const contacts = { telegram: "123456789", sms: "+8613800138000", email: "alice@example.com" };
  const person = aPerson({ contacts });
  const added = personAdded(person, "admin:root");
  assert.equal(added.contacts, "telegram=…6789 sms=…8000 email=a…@example.com");
  const moved = { ...person, contacts: { ...contacts, sms: "+8613911138000" } };
  const changed = personChanged(person, moved, "admin:root");
  assert.deepEqual(
    [changed.contacts, changed.was_contacts, changed.contacts_changed],
    [added.contacts, added.contacts, "sms"],
  );
  const { email, ...less } = contacts;
  const removed = personChanged(person, { ...person, contacts: less }, "admin:root");
  assert.deepEqual([removed.contacts, removed.contacts_changed], [
    ...["telegram=…6789 sms=…8000", "email"],
  ]);
  const turned = { ...person, contacts: { email, ...less } };
  const ordered = personChanged(person, turned, "admin:root");
  assert.deepEqual([ordered.contacts, ordered.contacts_changed], [
    ...["email=a…@example.com telegram=…6789 sms=…8000", ""],
  ]);
  for (const to of Object.values(contacts)) {
    assert.ok(!JSON.stringify([added, changed, removed]).includes(to), to);
  }
  assert.equal(personAdded({ ...person, contacts: { wecom: "x" } }, "").contacts, "wecom=…");
});

Deno.test("a freeze keeps what is known of the login that was reported", () => {
  const login = aLogin({ command: "rm -rf /", commandHash: "abc", requester: "mallory" });
  assert.deepEqual(accountFrozen(aFreeze({ evidence: login })), {
    event: "account.frozen",
    freeze: "f_1",
    user: "alice",
    host: "*",
    why: "not_me",
    by: "person:alice",
    login: "login-1",
    login_at: "2026-01-01T00:00:00.000Z",
    login_host: "web1",
    login_user: "alice",
    service: "ssh",
    source: "192.0.2.7",
    requester: "mallory",
    key: "SHA256:abc",
    command: "rm -rf /",
    command_hash: "abc",
  });
});

Deno.test("records are logged once they are durable, the worrying ones as warnings", async () => {
  const logged: LogLine[] = [];
  const appended: AuditEvent[] = [];
  const disk = Promise.withResolvers<void>();
  const records = new PeopleRecords({
    audit: {
      append: async (event) => {
        await disk.promise;
        appended.push(event);
      },
    },
    log: (level, message, fields = {}) => logged.push({ level, message, fields }),
  });
  const refused = signInRefused(undefined, { via: "code", why: "wrong", source: FROM });
  const signedOut = personSignedOut(aPerson(), aSession(), FROM);
  const writing = records.write(refused, signedOut);
  assert.deepEqual(logged, []);
  disk.resolve();
  await writing;
  assert.deepEqual(appended, [refused, signedOut]);
  assert.deepEqual(logged, [
    {
      level: "warning",
      message: "person sign in refused",
      fields: { via: "code", why: "wrong", source: FROM },
    },
    {
      level: "info",
      message: "person signed out",
      fields: { person: "p_alice", name: "alice", session: "s_1", source: FROM },
    },
  ]);
});

Deno.test("what cannot be written is no fact", async () => {
  const logged: string[] = [];
  const records = new PeopleRecords({
    audit: { append: () => Promise.reject(new Error("disk")) },
    log: (_, message) => logged.push(message),
  });
  await assert.rejects(records.write(personFrozen(aPerson(), "admin:root")));
  assert.deepEqual(logged, []);
});
