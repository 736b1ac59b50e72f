/**
 * Who lets logins in, and who keeps them out. What was decided is on record before anybody is told of
 * it; an approval that cannot be recorded is taken back.
 */
import {
  type Freeze,
  freezeAccount,
  type Frozen,
  liftFreeze,
  type NotMe,
  reportNotMe,
} from "../lib/core/freeze.ts";
import { revokeGrants } from "../lib/core/grant.ts";
import { isSsh2fa, type Login } from "../lib/core/login.ts";
import {
  accountFrozen,
  accountUnfrozen,
  grantEnded,
  grantGiven,
  loginApprovedFirst,
} from "../lib/core/people_events.ts";
import type { ApprovalAnswer } from "../lib/core/approval.ts";
import {
  type ApprovalAsked,
  approveByLink,
  approveRequest,
  needsProof,
} from "../lib/core/person_approval.ts";
import { type DenialAnswer, denyRequest } from "../lib/core/person_denial.ts";
import { RECORD_ID_BYTES, recordId, type RecordLetter } from "../lib/core/record_id.ts";
import type { Change } from "../lib/core/store_change.ts";
import type { Alerts } from "./alerts.ts";
import type { Asking } from "./asking.ts";
import type { AppConfig, Deps } from "./deps.ts";
import { Unavailable } from "./faults.ts";
import type { Decider, Logins } from "./logins.ts";
import type { PeopleRecords } from "./people_records.ts";
import type { Records } from "./records.ts";

/** A person who has proven who they are. */
interface ProvenPerson {
  /** The person's id. */
  readonly person: string;
  /** How: "passkey", "code", or "session" of one that is signed in. */
  readonly via: string;
}

/** Everywhere `login` is any login of the link that this is about, as it was read. */
export class Decisions {
  constructor(
    private readonly deps: Deps,
    private readonly config: AppConfig,
    private readonly logins: Logins,
    private readonly records: Records,
    private readonly people: PeopleRecords,
    private readonly alerts: Pick<Alerts, "frozen" | "notMeUnproven">,
    private readonly asking: Pick<Asking, "secondNeeded">,
  ) {}

  /** Whether the link alone does not approve it. */
  needsProof(login: Login): boolean {
    return needsProof(login, this.config.approval);
  }

  /** @throws Unavailable when it cannot be recorded; nothing is approved then */
  async approveBy(
    login: Login,
    asked: Omit<ApprovalAsked, "grantId">,
  ): Promise<ApprovalAnswer> {
    const all = { ...asked, grantId: this.#id("g") };
    return await this.#approve(
      login,
      asked.via,
      (rules, now) => approveRequest(login, all, rules, now),
    );
  }

  /** By whoever has the link. @throws Unavailable as above */
  async approveByLink(
    login: Login,
    asked: Pick<ApprovalAsked, "match" | "remember"> & {
      readonly shown: ReadonlySet<string> | undefined;
    },
  ): Promise<ApprovalAnswer> {
    const { via } = byLink(login);
    const all = { ...asked, via, grantId: this.#id("g") };
    return await this.#approve(login, via, (rules, now) => approveByLink(login, all, rules, now));
  }

  async denyBy(login: Login, { person, via }: ProvenPerson): Promise<DenialAnswer> {
    const { groups } = this.config.approval;
    const answer = await this.deps.store.change(
      denyRequest(login, { person, via }, groups, this.deps.clock.now()),
    );
    if (answer.ok) await this.records.decided(answer.denied);
    return answer;
  }

  /**
   * By whoever has the link; "this wasn't me" is told to administrators, but freezes nothing: nobody can
   * say who says so. Answers what that ended.
   */
  async denyByLink(login: Login, notMe: boolean): Promise<readonly Login[]> {
    const denied = await this.logins.deny(login.ticket, notMe, byLink(login));
    if (notMe && denied.length > 0) this.alerts.notMeUnproven(login);
    return denied;
  }

  /** "This wasn't me", by somebody who is known: the account is frozen. */
  async reportNotMe(login: Login, { person, via }: ProvenPerson): Promise<NotMe> {
    const { groups } = this.config.approval;
    const asked = { freezeId: this.#id("f"), person, via };
    const answer = await this.deps.store.change(
      reportNotMe(login, asked, groups, this.deps.clock.now()),
    );
    if (answer.ok) await this.#recordFreeze(answer.frozen);
    return answer;
  }

  /** By an administrator. @param by as in a login's `by` */
  async freeze(account: Pick<Freeze, "user" | "host">, by: string): Promise<Frozen> {
    const { user, host } = account;
    const frozen = await this.deps.store.change(
      freezeAccount({ id: this.#id("f"), user, host, by }, this.deps.clock.now()),
    );
    await this.#recordFreeze(frozen);
    return frozen;
  }

  /**
   * By somebody who may, see `mayLift`. Undefined when there is none to lift.
   * @throws Unavailable when it cannot be recorded; the account stays frozen then
   */
  async lift(freezeId: string, by: string): Promise<Freeze | undefined> {
    const { store, clock } = this.deps;
    const lifted = await store.change(liftFreeze(freezeId, by, clock.now()));
    if (lifted === undefined) return undefined;
    try {
      await this.people.write(accountUnfrozen(lifted));
    } catch (error) {
      await store.change(freezeAgain(lifted)).catch(() => {});
      throw unavailable(error);
    }
    return lifted;
  }

  async #approve(
    login: Login,
    via: string,
    change: (rules: AppConfig["approval"], now: number) => Change<ApprovalAnswer>,
  ): Promise<ApprovalAnswer> {
    const { store, clock } = this.deps;
    const answer = await store.change(change(this.config.approval, clock.now()));
    try {
      await this.#record(answer, via);
    } catch (error) {
      // Without a trace it does not count. What was collected meanwhile needed its own line.
      const takenBack: Decider = { by: "gatehouse", via };
      await this.logins.deny(login.ticket, false, takenBack).catch(() => {});
      if (answer.outcome === "approved" && answer.grant !== null) {
        const ended = revokeGrants({ id: answer.grant.id }, takenBack.by, clock.now());
        await store.change(ended).catch(() => {});
      }
      throw unavailable(error);
    }
    if (answer.outcome === "second_needed" && answer.counted.length > 0) {
      this.asking.secondNeeded(login);
    }
    return answer;
  }

  async #record(answer: ApprovalAnswer, via: string): Promise<void> {
    switch (answer.outcome) {
      case "refused":
        return;
      case "denied":
        return await this.records.decided(answer.denied);
      case "second_needed":
        return await this.people.write(...firstApprovals(answer.counted, via));
      case "approved": {
        const { approved, counted, grant } = answer;
        const [first] = approved;
        await Promise.all([
          this.records.decided(approved),
          this.people.write(
            ...firstApprovals(counted, via),
            ...(grant === null || first === undefined ? [] : [grantGiven(grant, first)]),
          ),
        ]);
      }
    }
  }

  /** It holds even where it cannot be recorded, and those who must know are told. */
  async #recordFreeze({ freeze, isNew, grants, logins }: Frozen): Promise<void> {
    try {
      await Promise.all([
        this.people.write(...(isNew ? [accountFrozen(freeze)] : []), ...grants.map(grantEnded)),
        this.records.decided(logins),
      ]);
    } finally {
      if (isNew) this.alerts.frozen(freeze);
    }
  }

  #id(letter: RecordLetter): string {
    return recordId(letter, this.deps.random.bytes(RECORD_ID_BYTES));
  }
}

function byLink(login: Login): Decider {
  return { by: "link", via: isSsh2fa(login) ? "ssh2fa" : "link" };
}

function firstApprovals(
  counted: Extract<ApprovalAnswer, { outcome: "second_needed" }>["counted"],
  via: string,
) {
  return counted.map(({ login, by }) => loginApprovedFirst(login, by, via));
}

function freezeAgain({ id }: Freeze): Change<void> {
  return {
    wants: { freeze: [{ id }] },
    make: ({ freeze }) => ({
      answer: undefined,
      put: { freeze: freeze.map((each) => ({ ...each, liftedAt: null, liftedBy: null })) },
    }),
  };
}

function unavailable(error: unknown): Unavailable {
  return error instanceof Unavailable ? error : new Unavailable(error);
}
