/**
 * A small site with passkeys: what the server does with them, and nothing else. It says on the page
 * what it makes of each answer.
 */
import { Hono } from "hono";
import type { Child } from "hono/jsx";
import { type Passkey, passkeySite, usePasskey } from "../../lib/core/passkey.ts";
import { parseNewPasskey, parsePasskeyAnswer } from "../../lib/core/passkey_answer.ts";
import {
  type ApprovalUse,
  type Challenge,
  challengeIsFor,
  type ChallengeUse,
  makeChallenge,
  NONCE_BYTES,
} from "../../lib/core/passkey_challenge.ts";
import { WebauthnPasskeys } from "../../lib/io/passkeys.ts";
import { PASSKEY_SCRIPT } from "../../server/assets/passkey_script.ts";

export interface Owned {
  readonly person: string;
  readonly passkey: Passkey;
}

const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'";
const SAYINGS = [
  ...["insecure", "unsupported", "cancelled", "registered"],
  ...["elsewhere", "unsuitable", "failed", "offline"],
];

export class PasskeyApp implements AsyncDisposable {
  /** By credential id. */
  readonly owned = new Map<string, Owned>();
  readonly #challenges = new Map<string, Challenge>();
  readonly #servers: readonly Deno.HttpServer<Deno.NetAddr>[];

  constructor() {
    const app = new Hono();
    const listen = () =>
      Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        async (request) => await app.fetch(request),
      );
    this.#servers = [listen(), listen()];
    const site = passkeySite(this.url);
    if (!site.usable) throw new Error(site.why);
    this.#routes(app, new WebauthnPasskeys(site));
  }

  /** The site's own address. */
  get url(): string {
    return this.at("localhost");
  }

  /** Under another name. */
  at(name: string): string {
    return `http://${name}:${this.#servers[0]?.addr.port}`;
  }

  /** The same pages at another port: a site that hands on everything. */
  get relay(): string {
    return `http://localhost:${this.#servers[1]?.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.shutdown()));
  }

  #routes(app: Hono, passkeys: WebauthnPasskeys): void {
    app.use(async (c, next) => {
      await next();
      c.header("content-security-policy", POLICY);
    });
    app.get(
      PASSKEY_SCRIPT.path,
      (c) => c.body(PASSKEY_SCRIPT.body, 200, { "content-type": "text/javascript; charset=utf-8" }),
    );

    app.get("/register/:person", (c) =>
      c.html(
        <Page>
          <form method="post">
            <Button kind="create" options={`${c.req.path}/options`}>Register</Button>
          </form>
        </Page>,
      ));
    app.post("/register/:person/options", async (c) => {
      const person = c.req.param("person");
      const { challenge } = this.#ask({ purpose: "register", person });
      const held = this.#of(person);
      return c.json(
        await passkeys.creationOptions({ id: person, name: `Person ${person}` }, held, challenge),
      );
    });
    app.post("/register/:person", async (c) => {
      const person = c.req.param("person");
      const { passkey: text } = await c.req.parseBody();
      const answer = parseNewPasskey(String(text));
      if (answer === undefined) return c.html(<Result>no answer</Result>);
      const { challenge } = answer.client;
      const fit = this.#take(challenge, { purpose: "register", person });
      if (fit !== "yes") return c.html(<Result>challenge: {fit}</Result>);
      const checked = await passkeys.checkNew(answer, challenge);
      if (!checked.ok) return c.html(<Result>refused: {checked.fault}</Result>);
      this.owned.set(checked.value.id, { person, passkey: checked.value });
      return c.html(<Result>registered: {person}</Result>);
    });

    app.get("/sign-in", (c) =>
      c.html(
        <Page>
          <form method="post">
            <Button kind="get" options="/sign-in/options">Sign in</Button>
            <p>
              <label>
                Code <input name="code" />
              </label>
              <button type="submit" name="way" value="code">Sign in by code</button>
            </p>
          </form>
        </Page>,
      ));
    app.post("/sign-in/options", async (c) => {
      const { challenge } = this.#ask({ purpose: "sign_in" });
      return c.json(await passkeys.requestOptions([], challenge));
    });
    app.post("/sign-in", async (c) => {
      const { passkey, way } = await c.req.parseBody();
      if (way === "code") return c.html(<Result>by code</Result>);
      const said = await this.#judge(passkeys, String(passkey), { purpose: "sign_in" });
      return c.html(<Result>{said}</Result>);
    });

    app.get("/logins/:login", (c) =>
      c.html(
        <Page>
          <form method="post">
            {["11", "22", "33"].map((number) => (
              <label key={number}>
                <input type="radio" name="match" value={number} required /> {number}
              </label>
            ))}
            <label>
              <input type="checkbox" name="remember" value="1" /> remember
            </label>
            <Button kind="get" options={`${c.req.path}/options`} decision="approve">Approve</Button>
            <Button kind="get" options={`${c.req.path}/options`} decision="deny">Deny</Button>
          </form>
        </Page>,
      ));
    app.get("/people/:person/logins/:login", (c) =>
      c.html(
        <Page>
          <form method="post">
            <input type="hidden" name="match" value="22" />
            <Button kind="get" options={`${c.req.path}/options`} decision="approve">Approve</Button>
          </form>
        </Page>,
      ));
    for (const path of ["/logins/:login", "/people/:person/logins/:login"]) {
      app.post(`${path}/options`, async (c) => {
        const { login, person } = paramsOf(c.req.param());
        const { challenge } = this.#ask(approval(login, await c.req.parseBody()));
        const allowed = person === undefined ? [] : this.#of(person);
        return c.json(await passkeys.requestOptions(allowed, challenge));
      });
      app.post(path, async (c) => {
        const fields = await c.req.parseBody();
        const { login, person } = paramsOf(c.req.param());
        const use = approval(login, fields);
        const said = await this.#judge(passkeys, String(fields["passkey"]), use, person);
        const { logins, decision, match, remember } = use;
        const grant = remember === null ? "once" : "remembered";
        return c.html(<Result>{said}: {decision} {logins.join()} by {match}, {grant}</Result>);
      });
    }
  }

  #of(person: string): Passkey[] {
    return [...this.owned.values()].filter((one) => one.person === person)
      .map(({ passkey }) => passkey);
  }

  #ask(use: ChallengeUse): Challenge {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const challenge = makeChallenge(use, nonce, Date.now());
    this.#challenges.set(challenge.challenge, challenge);
    return challenge;
  }

  #take(challenge: string, use: ChallengeUse) {
    const taken = this.#challenges.get(challenge);
    this.#challenges.delete(challenge);
    return challengeIsFor(taken, use, Date.now());
  }

  /** @param whose the person who must have signed it; undefined: anybody */
  async #judge(
    passkeys: WebauthnPasskeys,
    text: string,
    use: ChallengeUse,
    whose?: string,
  ): Promise<string> {
    const answer = parsePasskeyAnswer(text);
    if (answer === undefined) return "no answer";
    const { challenge } = answer.client;
    const fit = this.#take(challenge, use);
    if (fit !== "yes") return `challenge: ${fit}`;
    const owned = this.owned.get(answer.id);
    if (owned === undefined) return "unknown passkey";
    const { person, passkey } = owned;
    const checked = await passkeys.check(answer, challenge, passkey, person);
    if (!checked.ok) return `refused: ${checked.fault}`;
    if (whose !== undefined && whose !== person) return "another person's passkey";
    const used = usePasskey(passkey, checked.value);
    if (!used.ok) return `refused: ${used.fault}`;
    this.owned.set(answer.id, { person, passkey: used.value });
    return person;
  }
}

function paramsOf({ login = "", person }: { login?: string; person?: string }) {
  return { login, person };
}

function approval(
  login: string,
  { match, decision, remember }: Record<string, unknown>,
): ApprovalUse {
  return {
    purpose: "approve",
    logins: [login],
    decision: decision === "approve" ? "approve" : "deny",
    match: String(match),
    remember: remember === "1" ? { forMs: 3_600_000, commands: "any", scope: "host" } : null,
  };
}

function Page({ children }: { children?: Child }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Passkeys</title>
        <script type="module" src={PASSKEY_SCRIPT.path}></script>
      </head>
      <body>
        <main>{children}</main>
        <div role="alert">
          {SAYINGS.map((saying) => <p key={saying} data-passkey-says={saying} hidden>{saying}</p>)}
        </div>
      </body>
    </html>
  );
}

function Result({ children }: { children?: Child }) {
  return (
    <Page>
      <output>{children}</output>
    </Page>
  );
}

function Button(
  { kind, options, decision, children }: {
    kind: "create" | "get";
    options: string;
    decision?: string;
    children?: Child;
  },
) {
  const named = decision === undefined ? {} : { name: "decision", value: decision };
  return (
    <button type="submit" data-passkey={kind} data-options={options} hidden {...named}>
      {children}
    </button>
  );
}
