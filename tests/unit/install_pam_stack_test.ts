/** Whom the stacks let in that install/pam.sh has edited: on the real libpam, against the stacks before. */
import assert from "node:assert/strict";
import { type Choice, PamTree, type TreeName, TREES } from "../support/install_pam.ts";
import { type Answer, LibpamHost } from "../support/libpam_host.ts";
import { type Answers, askersIn, standIns } from "../support/pam_standins.ts";

/** What comes of a login: pam_authenticate(3), pam_setcred(3) after it, and that alone, as after a key. */
interface Outcome {
  readonly login: string;
  readonly credentials: string;
  readonly credentialsAlone: string;
}

/** Every way in which the modules that ask can answer. */
function passwords(askers: readonly string[]): Answers[] {
  return askers.reduce<Answers[]>(
    (all, name) =>
      all.flatMap((answers) => ["success", "auth_err"].map((one) => ({ ...answers, [name]: one }))),
    [{}],
  );
}

const LOCAL: readonly Answers[] = [
  { localuser: "success", usertype: "success" },
  { localuser: "perm_denied", usertype: "perm_denied" },
  { localuser: "perm_denied", usertype: "success" },
];
const REFUSALS = ["auth_err", "authinfo_unavail", "conv_err", "abort", "user_unknown", "maxtries"];
const GUARDED = "auth_err", LET_BY = "success";

class Stacks {
  readonly #questions: { service: string; files: Record<string, string> }[] = [];

  constructor(readonly host: LibpamHost) {}

  /** Answers when run() is called. */
  add(service: string, files: ReadonlyMap<string, string>, answers: Answers): number {
    const prefix = `q${this.#questions.length}-`;
    const made = standIns(service, files, prefix, answers);
    return this.#questions.push({ service: prefix + service, files: made }) - 1;
  }

  async run(): Promise<Outcome[]> {
    this.host.configure(Object.assign({}, ...this.#questions.map(({ files }) => files)));
    const outcomes: Outcome[] = [];
    for (const { service } of this.#questions) outcomes.push(outcome(await this.host.ask(service)));
    return outcomes;
  }
}

function outcome(answer: Answer): Outcome {
  assert.ok(!("signal" in answer));
  const [login = "", credentials = ""] = answer["authenticate"] ?? [];
  const [credentialsAlone = ""] = answer["setcred"] ?? [];
  return { login, credentials, credentialsAlone };
}

interface Case {
  readonly service: string;
  readonly choice: Choice;
}

const CASES: readonly Case[] = [
  { service: "sshd", choice: { first: "key" } },
  { service: "sshd", choice: { first: "key", all: true } },
  { service: "sshd", choice: { first: "password" } },
  { service: "sshd", choice: { first: "password", users: "alice,bob" } },
  ...["sudo", "sudo-i", "su", "su-l", "login"].map((service) => ({
    service,
    choice: { services: "sudo,su,login" },
  })),
];

for (const tree of TREES) {
  Deno.test(`pam_plan on ${tree}: nobody gets in with less, nobody is shut out`, async (t) => {
    await using host = await LibpamHost.start();
    for (const one of CASES) {
      await t.step(`${one.service} ${JSON.stringify(one.choice)}`, () => examine(host, tree, one));
    }
  });
}

/** The stack after the edit against that before it, for every way in which the modules can answer. */
async function examine(host: LibpamHost, tree: TreeName, { service, choice }: Case): Promise<void> {
  const byKey = service === "sshd" && choice.first === "key";
  await using machine = await PamTree.make(tree);
  const before = await machine.services();
  if (!before.has(service)) return;
  const { code, err } = await machine.install(choice);
  assert.equal(code, 0, err);
  const after = await machine.services();
  const stacks = new Stacks(host);
  const checks: ((outcomes: readonly Outcome[]) => void)[] = [];
  const ask = (files: ReadonlyMap<string, string>, answers: Answers) => {
    const number = stacks.add(service, files, answers);
    return (outcomes: readonly Outcome[]) => {
      const found = outcomes[number];
      assert.ok(found !== undefined);
      return found;
    };
  };
  const askers = askersIn(after.values());
  assert.ok(askers.includes("unix"));
  const untouched = Object.fromEntries(askers.map((name) => [name, "incomplete"]));

  // Behind a password pam_setcred(3) alone, as after a key, calls us: that is success, and changes nothing.
  const notCalled = {
    gatehouse: "incomplete",
    "gatehouse setcred": byKey ? "incomplete" : "success",
  };
  for (const local of LOCAL) {
    const notAsked = ask(after, {
      ...untouched,
      ...local,
      condition: GUARDED,
      gatehouse: "success",
    });
    if (byKey) {
      checks.push((outcomes) => {
        assert.equal(
          notAsked(outcomes).login,
          "success",
          "the factor alone, and no password asked",
        );
        assert.equal(notAsked(outcomes).credentials, "success");
      });
    }
    for (const password of passwords(askers)) {
      const given = { ...password, ...local };
      const old = ask(before, given);
      const factor = ask(after, { ...given, condition: GUARDED, gatehouse: "success" });
      const exempt = ask(after, { ...given, condition: GUARDED, gatehouse: "ignore" });
      checks.push((outcomes) => {
        const { login } = factor(outcomes);
        assert.equal(login === "success", byKey || old(outcomes).login === "success");
        if (login === "success") assert.equal(factor(outcomes).credentials, "success");
        assert.equal(exempt(outcomes).login === "success", old(outcomes).login === "success");
        if (exempt(outcomes).login === "success") {
          assert.equal(exempt(outcomes).credentials, "success");
        }
      });
      for (const gatehouse of REFUSALS) {
        const refused = ask(after, { ...given, condition: GUARDED, gatehouse });
        checks.push((outcomes) => assert.notEqual(refused(outcomes).login, "success"));
      }
      if (choice.all === true) continue;
      const letBy = ask(after, { ...given, condition: LET_BY, ...notCalled });
      checks.push((outcomes) => assert.deepEqual(letBy(outcomes), old(outcomes)));
      // It cannot say who is guarded: they are.
      for (const condition of ["service_err", "user_unknown", "system_err"]) {
        const unsure = ask(after, { ...given, condition, gatehouse: "auth_err" });
        checks.push((outcomes) => assert.notEqual(unsure(outcomes).login, "success"));
      }
    }
  }
  const outcomes = await stacks.run();
  for (const check of checks) check(outcomes);
  assert.ok(outcomes.some(({ login }) => login === "success"), "nobody gets in at all");
}
