/** What who decides is answered: a page to people, a state or a problem to programs. */
import { triesId, triesLeft } from "../lib/core/device_tries.ts";
import { type Login, step } from "../lib/core/login.ts";
import { ApprovalViews, type Told } from "./approval_views.ts";
import type { Known } from "./approving.ts";
import { Fault, tooMany } from "./faults.ts";
import { type Ctx, frameOf, type Parts } from "./http.ts";
import { type Hindrance, pageMessages } from "./messages/page.ts";
import { signMessages } from "./messages/sign_words.ts";
import type { Frame } from "./pages/layout.tsx";
import { renderPage } from "./pages/layout.tsx";
import type { Proven, Proving } from "./sign_in.ts";

type Logins = readonly [Login, ...Login[]];

interface Answered extends Told {
  /** Of the session that has just begun. */
  readonly cookie?: string | undefined;
}

/** To programs in our own words; people read `hindrances`. */
const DETAILS: Readonly<Record<Hindrance, string>> = {
  proof_needed: "name and code of somebody who may approve it are needed",
  number: "the request is not valid, see errors",
  not_theirs: "that person may not approve logins of this account",
  own_login: "it takes two persons, and neither may be the one who logs in",
  not_active: "that person may not approve any more",
  frozen: "the account is frozen",
  not_remembered: "it cannot be remembered like that",
};

export class ApprovalAnswers {
  readonly #views: ApprovalViews;

  constructor(
    private readonly c: Ctx,
    private readonly parts: Parts,
    /** What was sent: so is the answer. */
    private readonly kind: "form" | "json",
  ) {
    this.#views = new ApprovalViews(parts);
  }

  /** The question while it is open, else what became of it. */
  async page(all: Logins, told: Answered = {}, status = 200, headers = {}): Promise<Response> {
    const frame = this.#frame(told.who);
    const content = await this.#views.page(all, frame.language, told);
    return await renderPage({ ...content, headers: { ...headers, ...set(told) } }, frame, status);
  }

  /** What became of it. */
  async outcome(all: Logins, told: Answered): Promise<Response> {
    if (this.kind === "json") return this.c.json({ state: latest(all, this.#now()).state });
    const frame = this.#frame(told.who);
    const content = await this.#views.outcome(all, frame.language, told);
    return await renderPage({ ...content, headers: set(told) }, frame);
  }

  /** The first of two has approved. */
  async secondNeeded(all: Logins, told: Answered): Promise<Response> {
    if (this.kind === "json") return this.c.json({ state: "pending", reason: "second_needed" });
    return await this.page(all, told);
  }

  /** Nothing was decided, for that reason. */
  async hindered(all: Logins, why: Hindrance, told: Answered): Promise<Response> {
    const status = why === "number" || why === "not_remembered" ? 422 : 403;
    if (this.kind === "json") {
      throw new Fault(
        status,
        DETAILS[why],
        why === "number" ? { errors: [{ field: "match", message: "missing" }] } : { reason: why },
      );
    }
    const { language } = this.#frame(told.who);
    const note = pageMessages(language).approving.hindrances[why];
    return await this.page(all, { ...told, note }, status);
  }

  /** Nobody has proven who they are with what was sent. */
  async unproven(
    all: Logins,
    proving: Exclude<Proving, Proven>,
    told: Answered,
  ): Promise<Response> {
    const limited = proving.why === "limited"
      ? tooMany("too many wrong codes", proving.retryAt - this.#now())
      : undefined;
    const left = proving.why === "wrong" ? await this.#triesLeft(told.name ?? "") : undefined;
    if (this.kind === "json") {
      const detail = "the name or the code is wrong";
      const more = { ...(left === undefined ? {} : { triesLeft: left }) };
      throw limited ?? new Fault(403, detail, { reason: "wrong_code", ...more });
    }
    const { language } = this.#frame(undefined);
    const words = signMessages(language);
    const why = proving.why === "limited"
      ? words.limited(proving.retryAt, this.#now())
      : words.refusals[proving.why];
    const note = left === undefined
      ? why
      : `${why} ${pageMessages(language).approving.triesLeft(left)}`;
    const status = limited?.status ?? (proving.why === "malformed" ? 422 : 403);
    return await this.page(all, { ...told, note }, status, limited?.headers);
  }

  /** By the name as it was typed, whether there is somebody of that name or not. */
  async #triesLeft(name: string): Promise<number> {
    const [tries] = await this.parts.deps.store.find("tries", { id: triesId(name) });
    return triesLeft(tries, this.c.get("source"), this.#now());
  }

  /** Without the navigation: who comes by a link decides, and goes. */
  #frame(who: Known | undefined): Frame {
    const frame = frameOf(this.c, this.parts);
    const own = who?.person.language ?? "auto";
    return { ...frame, language: own === "auto" ? frame.language : own };
  }

  #now(): number {
    return this.parts.deps.clock.now();
  }
}

function set({ cookie }: Answered): Readonly<Record<string, string>> {
  return cookie === undefined ? {} : { "set-cookie": cookie };
}

/** What was decided last, or else the first. Time counts, noted down or not. */
function latest(all: Logins, now: number): Login {
  const [first, ...others] = all;
  const then = others.reduce((a, b) => (b.decidedAt ?? 0) > (a.decidedAt ?? 0) ? b : a, first);
  return step(then, { type: "expire" }, now).login;
}
