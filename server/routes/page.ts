/** The approval page (DESIGN.md 5): GET shows, POST decides. */
import { isOpen, type Login } from "../../lib/core/login.ts";
import { ApprovalAnswers } from "../approval_answers.ts";
import { approvalForm, denialForm, optionsForm } from "../approval_forms.ts";
import { approvalUse, Approving, type Known } from "../approving.ts";
import { type Body, readBody } from "../body.ts";
import { Fault } from "../faults.ts";
import { type App, type Ctx, type Parts, resource } from "../http.ts";
import { PAGE_PATH } from "../paths.ts";

type Some<T> = readonly [T, ...T[]];

/** Of a login (16), or of one that SSH2FA's client started (a UUID). */
const TICKET = /^(?:[A-Za-z0-9_-]{16}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function pageRoutes(app: App, parts: Parts): void {
  const path = `${PAGE_PATH}/:ticket`;
  resource(app, path, { GET: (c) => showRequest(c, ticketOf(c), parts) }, { head: true });
  resource(app, `${path}/options`, { POST: (c) => options(c, parts) });
  resource(app, `${path}/approve`, { POST: (c) => approve(c, parts) });
  resource(app, `${path}/deny`, { POST: (c) => deny(c, parts) });
}

/** The question while it is open, else what became of it. Changes nothing. */
export async function showRequest(c: Ctx, ticket: string, parts: Parts): Promise<Response> {
  const all = await found(c, ticket, parts);
  const who = await new Approving(parts).signedIn(c);
  return await new ApprovalAnswers(c, parts, "form").page(all, { who });
}

/** What a passkey is to sign for the form as it is filled in. */
async function options(c: Ctx, parts: Parts): Promise<Response> {
  const body = await readBody(c.req.raw, ["form"], parts.deps.after);
  const { decision, wish } = optionsForm(body.value);
  const all = await found(c, ticketOf(c), parts);
  const approving = new Approving(parts);
  const who = await approving.signedIn(c);
  // The page's script sends the form as it is then.
  if (who !== undefined && approving.needsNoMore(decision, all[0], who)) {
    throw new Fault(409, "who is signed in needs no passkey for this");
  }
  const shown = wish.shown ?? idsOf(decision === "approve" ? openOf(all, parts) : all);
  const use = approvalUse(decision, wish, shown);
  const asker = { kind: "link", ticket: all[0].ticket } as const;
  return c.json(await parts.signIn.options(use, [], asker));
}

async function approve(c: Ctx, parts: Parts): Promise<Response> {
  const body = await readBody(c.req.raw, ["form", "json"], parts.deps.after);
  const { wish, proof, filled } = approvalForm(body);
  const all = await found(c, ticketOf(c), parts);
  const answers = new ApprovalAnswers(c, parts, body.kind);
  const approving = new Approving(parts);
  const open = openOf(all, parts);
  const [login] = open;
  // Nothing to decide, so nobody's code is spent on it.
  if (login === undefined) return await answers.outcome(all, { who: await approving.signedIn(c) });
  const kept = { filled, name: proof.code === "" ? undefined : proof.name };
  if (wish.match === null && open.some(({ match }) => match !== null)) {
    // A slip of the finger, not a wrong answer: nothing is decided.
    return await answers.hindered(all, "number", { ...kept, who: await approving.signedIn(c) });
  }
  const shown = wish.shown ?? idsOf(open);
  const proved = await approving.prove(c, proof, approvalUse("approve", wish, shown));
  if (!proved.ok) return await answers.unproven(all, proved, kept);
  const { who } = proved;
  const told = { who, cookie: await signIn(c, body, who, parts) };
  const answer = await approving.approve(login, wish, new Set(shown), who);
  const now = await found(c, login.ticket, parts);
  switch (answer.outcome) {
    case "approved":
      return await answers.outcome(now, { ...told, grant: answer.grant ?? undefined });
    case "denied":
      return await answers.outcome(now, told);
    case "second_needed":
      return await answers.secondNeeded(now, told);
    case "refused":
      return answer.why === "ended"
        ? await answers.outcome(now, told)
        : await answers.hindered(now, answer.why, { ...kept, ...told });
  }
}

async function deny(c: Ctx, parts: Parts): Promise<Response> {
  const body = await readBody(c.req.raw, ["form", "json"], parts.deps.after);
  const { notMe, shown, proof } = denialForm(body);
  const all = await found(c, ticketOf(c), parts);
  const [login] = all;
  const answers = new ApprovalAnswers(c, parts, body.kind);
  const approving = new Approving(parts);
  const wish = { match: null, remember: null };
  const use = approvalUse(notMe ? "not_me" : "deny", wish, shown ?? idsOf(all));
  // Whoever has the link may deny it: a proof that is none must not keep the door open.
  const anyway = () => approving.deny(login, notMe, undefined);
  const proved = await approving.prove(c, proof, use).catch(async (error) => {
    await anyway();
    throw error;
  });
  if (!proved.ok) {
    await anyway();
    const name = proof.code === "" ? undefined : proof.name;
    return await answers.unproven(await found(c, login.ticket, parts), proved, { name });
  }
  const { who } = proved;
  const told = { who, cookie: await signIn(c, body, who, parts) };
  const denied = await approving.deny(login, notMe, who);
  const now = await found(c, login.ticket, parts);
  return denied === "not_theirs" && body.kind === "form"
    ? await answers.hindered(now, "not_theirs", told)
    : await answers.outcome(now, told);
}

/** Whoever proves it with a form is signed in from then on. Answers the cookie. */
async function signIn(
  c: Ctx,
  body: Body,
  who: Known | undefined,
  parts: Parts,
): Promise<string | undefined> {
  if (body.kind === "json" || who?.proven === undefined) return undefined;
  return await parts.signIn.begin(c, who.proven);
}

/** What can still be decided here: what a PIN decides has no page. */
function openOf(all: readonly Login[], { deps }: Parts): Login[] {
  const now = deps.clock.now();
  return all.filter((login) => isOpen(login, now) && login.pin === null);
}

function idsOf(logins: readonly Login[]): string[] {
  return logins.map(({ id }) => id);
}

/** @throws Fault 404, or 429 after too many of them */
async function found(c: Ctx, ticket: string, parts: Parts): Promise<Some<Login>> {
  const logins = TICKET.test(ticket) ? await parts.logins.byTicket(ticket) : [];
  const [first, ...others] = logins;
  if (first !== undefined) return [first, ...others];
  throw parts.failures.of(c.get("source"), new Fault(404, "there is no such request"));
}

function ticketOf(c: Ctx): string {
  return c.req.param("ticket") ?? "";
}
