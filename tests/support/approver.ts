/** Somebody at the server's pages: a person with a passkey, an authenticator, and a browser's cookie. */
import { equal } from "node:assert/strict";
import { seedRow } from "../../lib/core/device.ts";
import type { Person } from "../../lib/core/person.ts";
import { codeOf, RFC_BASE32 } from "./totp.ts";
import { anAuthenticator, aPasskey, putting, someone } from "./people.ts";
import { type Created, PUBLIC_URL, readableSealer, type TestServer } from "./server_app.ts";
import { type Said, SoftPasskey } from "./soft_passkey.ts";

export class Approver {
  /** What the browser sends: "" until somebody is signed in. */
  cookie = "";

  private constructor(
    readonly server: TestServer,
    readonly person: Person,
    readonly passkey: SoftPasskey,
  ) {}

  static async join(
    server: TestServer,
    name: string,
    changes: Partial<Person> = {},
  ): Promise<Approver> {
    const person = someone(name, changes);
    const passkey = await SoftPasskey.make(PUBLIC_URL, person.id);
    const app = `d_${name}-app`;
    const seed = await readableSealer.seal(RFC_BASE32, seedRow(app));
    await server.memory.change(putting({
      person: [person],
      device: [
        aPasskey({ id: `d_${name}-key`, person: person.id, passkey: passkey.kept }),
        anAuthenticator({ id: app, person: person.id, seed }),
      ],
    }));
    return new Approver(server, person, passkey);
  }

  /** What the authenticator shows now. */
  get code(): string {
    return codeOf(Math.floor(this.server.time.now() / 30_000));
  }

  /** Another than any it shows. */
  get wrongCode(): string {
    const steps = [-1, 0, 1].map((n) => codeOf(Math.floor(this.server.time.now() / 30_000) + n));
    return ["000000", "111111", "222222", "333333"].find((code) => !steps.includes(code)) ?? "";
  }

  get typed(): { readonly name: string; readonly code: string } {
    return { name: this.person.name, code: this.code };
  }

  /** Opens the page by a link of our own pages, so with the cookie. */
  open({ ticket }: Pick<Created, "ticket">, headers: Record<string, string> = {}) {
    const all = { accept: "text/html", ...this.#sent, ...headers };
    return this.server.fetch("GET", `/l/${ticket}`, { headers: all });
  }

  /** Presses a button; keeps the cookie that comes back. */
  async press(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const answer = await this.server.press(path, fields, { ...this.#sent, ...headers });
    const cookie = answer.headers.get("set-cookie");
    if (cookie !== null) this.cookie = cookie.split(";")[0] ?? "";
    return answer;
  }

  options(
    { ticket }: Pick<Created, "ticket">,
    fields: Record<string, string>,
  ): Promise<Response> {
    const headers = { ...this.#sent, accept: "application/json" };
    return this.server.press(`/l/${ticket}/options`, fields, headers);
  }

  /** What the passkey signs for a form that is filled in so. */
  async sign(
    login: Pick<Created, "ticket">,
    fields: Record<string, string>,
    said: Partial<Said> = {},
  ): Promise<string> {
    const answer = await this.options(login, { decision: "approve", ...fields });
    equal(answer.status, 200);
    const { challenge } = await answer.json();
    return await this.passkey.signed({ challenge, ...said });
  }

  /** With one touch. */
  async touch(login: Created, fields: Record<string, string> = {}): Promise<Response> {
    const form = { match: login.match, shown: login.id, ...fields };
    const passkey = await this.sign(login, form);
    return await this.press(`/l/${login.ticket}/approve`, { ...form, passkey });
  }

  /** With what is in the fields, and the cookie if there is one. */
  approve(login: Created, fields: Record<string, string> = {}): Promise<Response> {
    const form = { match: login.match, shown: login.id, ...fields };
    return this.press(`/l/${login.ticket}/approve`, form);
  }

  get #sent(): Record<string, string> {
    return this.cookie === "" ? {} : { cookie: this.cookie };
  }
}

/** The names of its buttons. */
export function controls(html: string): string[] {
  return [...html.matchAll(/<button[^>]*>(.*?)<\/button>/g)].map(([, name]) => name ?? "");
}

/** What the page says in its note. */
export function alertOf(html: string): string | undefined {
  return /<p class="error" role="alert">(.*?)<\/p>/.exec(html)?.[1];
}

export function headingOf(html: string): string | undefined {
  return /<h1>(.*?)<\/h1>/.exec(html)?.[1];
}
