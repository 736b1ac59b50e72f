/**
 * A whole life, with a database and an encryption key as the server has them: nothing that opens a door
 * is in its log or audit log, nor, readable, in the files of its database.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { sha256 } from "../../lib/core/hash.ts";
import { invitationHash } from "../../lib/core/invitation.ts";
import { openSealer } from "../../lib/io/sealed.ts";
import { makeHostKey, publicHostKey } from "../../lib/io/host_key.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import { administrator } from "../support/board.ts";
import { anInvitation, putting } from "../support/people.ts";
import { FakeNotifier } from "../support/pins.ts";
import { type Created, HOST_TOKEN, NONCE, PUBLIC_URL, TestServer } from "../support/server_app.ts";
import { scratch } from "../support/scratch.ts";
import { SoftPasskey } from "../support/soft_passkey.ts";
import { drafted, shows, Visitor } from "../support/visitor.ts";

const FIRST_INVITATION = "F1rst_Invitation-of-the-first-ad";
const MISTYPED = "correct-horse-battery-staple";

/** What was handed out or typed, by what it is. */
class Secrets {
  readonly #all = new Map<string, Set<string>>();

  add(kind: string, ...values: readonly string[]): void {
    for (const value of values) {
      ok(value.length >= 6, `no ${kind}: ${value}`);
      this.#all.set(kind, (this.#all.get(kind) ?? new Set()).add(value));
    }
  }

  get kinds(): string[] {
    return [...this.#all.keys()];
  }

  /** @param text where words end where letters and digits do */
  in(text: string, kinds: readonly string[] = this.kinds): string[] {
    return kinds.flatMap((kind) =>
      [...this.#all.get(kind) ?? []].filter((value) =>
        new RegExp(`(?<![A-Za-z0-9])${RegExp.escape(value)}(?![A-Za-z0-9])`).test(text)
      ).map((value) => `${kind} ${value}`)
    );
  }

  /** Also in other ways of writing the same bytes. */
  inBytes(bytes: Buffer, kinds: readonly string[]): string[] {
    const text = bytes.toString("latin1");
    return kinds.flatMap((kind) =>
      [...this.#all.get(kind) ?? []].filter((value) =>
        spellings(value).some((spelling) => text.includes(spelling))
      ).map((value) => `${kind} ${value}`)
    );
  }
}

function spellings(value: string): string[] {
  const raw: Buffer[] = [Buffer.from(value, "latin1"), Buffer.from(value, "base64url")];
  if (/^[A-Z2-7]{32}$/.test(value)) raw.push(fromBase32(value));
  return [
    ...[value, value.replace("-", ""), value.toLowerCase()],
    ...raw.flatMap((bytes) => [
      ...[bytes.toString("latin1"), bytes.toString("hex"), bytes.toString("hex").toUpperCase()],
      ...[bytes.toString("base64").replace(/=+$/, ""), bytes.toString("base64url")],
    ]),
  ];
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c))
    .map((five) => five.toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
}

class Life {
  readonly secrets = new Secrets();
  readonly root: Visitor;
  readonly alice: Visitor;

  constructor(readonly server: TestServer, readonly notifier: FakeNotifier) {
    this.root = new Visitor(server, "en", "198.51.100.1");
    this.alice = new Visitor(server, "en", "198.51.100.2");
  }

  async live(): Promise<void> {
    await this.#firstAdministrator();
    const invitation = await this.#inviteAlice();
    const { app, recovery } = await this.#register(invitation);
    const codes = await this.#addAuthenticator("/devices/host-codes");
    await this.#logIn(app);
    await this.#logInByCodes(codes);
    await this.#signInAgain(app, recovery);
    await this.#takeAway();
  }

  async #firstAdministrator(): Promise<void> {
    const { server, root, secrets } = this;
    secrets.add("invitation", FIRST_INVITATION);
    const person = administrator();
    const tokenHash = invitationHash(FIRST_INVITATION);
    await server.memory.change(putting({
      person: [person],
      invitation: [anInvitation({ person: person.id, tokenHash })],
    }));
    const path = `/i/${FIRST_INVITATION}`;
    equal((await root.get(path)).status, 200);
    const challenge = await root.challenge(`${path}/options`);
    const passkey = await SoftPasskey.make(PUBLIC_URL, person.id);
    const fields = { name: "key", passkey: await passkey.created({ challenge }) };
    this.#recoveryCodes(await (await root.post(path, fields)).text());
    this.#cookie(root);
  }

  async #inviteAlice(): Promise<string> {
    const answer = await this.root.post("/admin/persons", {
      ...{ name: "alice", approves: "own", contacts: "wecom: AliceLi" },
    });
    equal(answer.status, 201);
    const [, token = ""] = /\/i\/([\w-]{32})/.exec(await answer.text()) ?? [];
    this.secrets.add("invitation", token);
    return `/i/${token}`;
  }

  async #register(path: string): Promise<{ app: string; recovery: readonly string[] }> {
    const { secret, draft } = await drafted(this.alice, `${path}/authenticator`);
    this.secrets.add("seed", secret);
    const answer = await this.alice.post(`${path}/authenticator`, {
      ...{ draft, name: "app" },
      code: this.#code(secret),
    });
    this.#cookie(this.alice);
    return { app: secret, recovery: this.#recoveryCodes(await answer.text()) };
  }

  async #addAuthenticator(path: string): Promise<string> {
    const { secret, draft } = await drafted(this.alice, path);
    this.secrets.add("seed", secret);
    const fields = { draft, name: "codes", code: this.#code(secret) };
    equal((await this.alice.post(path, fields)).status, 303);
    return secret;
  }

  async #logIn(app: string): Promise<void> {
    const { server, alice } = this;
    this.secrets.add("host token", HOST_TOKEN, "ghh_a-token-that-was-mistyped");
    const codes_key = publicHostKey(await makeHostKey());
    await server.json("/api/v1/join", { codes_key, nonce: NONCE }, HOST);
    await server.ask({}, "ghh_a-token-that-was-mistyped");
    const login = this.#login(await server.create());
    server.time.advance(30_000);
    await alice.get(`/l/${login.ticket}`);
    const stranger = new Visitor(server, "en", "203.0.113.66");
    const form = { match: login.match, shown: login.id };
    const typed = { ...form, name: MISTYPED, code: this.#code(app, 7) };
    equal((await stranger.post(`/l/${login.ticket}/approve`, typed)).status, 403);
    const right = { ...form, remember: "3600", name: "alice", code: this.#code(app) };
    equal((await stranger.post(`/l/${login.ticket}/approve`, right)).status, 200);
    this.#cookie(stranger);
    const { verdict } = await (await server.poll(login)).json();
    this.secrets.add("verdict", verdict);
    // By what was remembered.
    const again = await (await server.ask()).json();
    this.secrets.add("login secret", again.secret);
    this.secrets.add("verdict", again.verdict);
  }

  async #logInByCodes(seed: string): Promise<void> {
    const { server, notifier } = this;
    const sealed = await server.json("/api/v1/codes", { accounts: ["alice"], nonce: NONCE }, HOST);
    equal(sealed.status, 200);
    server.time.advance(30_000);
    const login = this.#login(await server.create({ source: "192.0.2.8" }));
    const headers = { authorization: `Bearer ${login.secret}` };
    for (const code of [this.#code(seed, 9), this.#code(seed)]) {
      await server.json(`/api/v1/logins/${login.id}/code`, { code }, headers);
    }
    equal((await server.stored(login.id)).state, "approved");
    const pin = await server.ask({
      timeout: 180,
      pin: { contacts: ["zhangsan"] },
      source: "192.0.2.9",
    });
    equal(pin.status, 201, `${await pin.clone().text()}`);
    const made = await pin.json();
    this.secrets.add("login secret", made.secret);
    this.secrets.add("code", notifier.last.pin, notifier.wrong);
    for (const code of [notifier.wrong, notifier.last.pin]) {
      const headers = { authorization: `Bearer ${made.secret}` };
      await server.json(`/api/v1/logins/${made.id}/code`, { code }, headers);
    }
    equal((await server.stored(made.id)).state, "approved");
  }

  async #signInAgain(app: string, recovery: readonly string[]): Promise<void> {
    const { server, alice } = this;
    await alice.post("/sign-out");
    server.time.advance(30_000);
    for (const name of [MISTYPED, "alice"]) {
      equal((await alice.signInByCode(name, this.#code(app, 5))).status, 401);
    }
    equal((await alice.signInByCode("alice", this.#code(app))).status, 303);
    this.#cookie(alice);
    this.#recoveryCodes(await (await alice.post("/devices/recovery")).text());
    const [old = ""] = recovery;
    const fields = { way: "recovery", name: "alice", code: old };
    equal((await new Visitor(server).post("/sign-in", fields)).status, 401);
  }

  async #takeAway(): Promise<void> {
    const { server, alice, root } = this;
    const login = this.#login(await server.create({ source: "192.0.2.11" }));
    equal((await alice.post("/logins/not-me", { login: login.id })).status, 303);
    const [device] = await server.memory.find("device", { person: await this.#aliceId() });
    equal((await alice.post(`/devices/${device?.id}/revoke`, { last: "1" })).status, 303);
    equal((await root.get("/admin/audit")).status, 200);
    const frozen = await root.post(`/admin/persons/${await this.#aliceId()}/freeze`);
    equal(frozen.status, 303);
  }

  async #aliceId(): Promise<string> {
    const [alice] = await this.server.memory.find("person", { name: "alice" });
    return alice?.id ?? "";
  }

  #login(login: Created): Created {
    this.secrets.add("login secret", login.secret);
    this.secrets.add("link", login.ticket);
    return login;
  }

  /** Of the step that is on, or so many later. */
  #code(secret: string, later = 0): string {
    const code = shows(secret, this.server.time.now() + later * 30_000);
    this.secrets.add("code", code);
    return code;
  }

  #cookie(visitor: Visitor): void {
    match(visitor.cookie, /^__Host-gh=/);
    this.secrets.add("session", visitor.cookie.slice("__Host-gh=".length));
  }

  #recoveryCodes(html: string): string[] {
    const found = [...html.matchAll(/<li>([0-9A-Z]{5}-[0-9A-Z]{5})<\/li>/g)]
      .map(([, code]) => code ?? "");
    equal(found.length, 10);
    this.secrets.add("recovery code", ...found);
    return found;
  }
}

const HOST = { authorization: `Bearer ${HOST_TOKEN}` };

Deno.test("nothing that opens a door is in a log, or readable in the database", async () => {
  await using folder = await scratch();
  const data = `${folder.path}/data`;
  const store = SqliteStore.open(data, "server");
  const notifier = new FakeNotifier();
  const changes = { approval: { require: "person" } } as const;
  const sealer = await openSealer(data, undefined);
  const server = await TestServer.start(changes, notifier, { store, sealer });
  const life = new Life(server, notifier);
  const { secrets } = life;
  try {
    await life.live();
    server.app.stop();
    deepEqual([...secrets.kinds].sort(), [
      ...["code", "host token", "invitation", "link", "login secret"],
      ...["recovery code", "seed", "session", "verdict"],
    ]);
    ok(server.logged.length > 20 && server.audited.length > 20);
    const written = JSON.stringify([server.logged, server.audited]);
    deepEqual(secrets.in(written), []);
    ok(!written.includes(MISTYPED));
    // What is typed is looked for in the right place.
    ok(written.includes("alice") && written.includes("person.sign_in_refused"));
  } finally {
    await store.close();
  }
  const files: Buffer[] = [];
  for await (const { name, isFile } of Deno.readDir(data)) {
    if (isFile) files.push(Buffer.from(await Deno.readFile(`${data}/${name}`)));
  }
  const bytes = Buffer.concat(files);
  // The links of logins are looked up by what they are, and are worth nothing a minute later.
  const kinds = secrets.kinds.filter((kind) => kind !== "code" && kind !== "link");
  deepEqual(secrets.inBytes(bytes, kinds), []);
  ok(!bytes.includes(MISTYPED));
  // And what there is of them is found.
  for (const kept of [invitationHash(FIRST_INVITATION), sha256(HOST_TOKEN), "alice"]) {
    ok(bytes.includes(kept), kept);
  }
});
