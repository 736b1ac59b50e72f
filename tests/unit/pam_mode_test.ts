/** What PAM is told of a login, and what is looked at before anybody is asked. */
import assert from "node:assert/strict";
import { Exit, Failure } from "../../lib/core/errors.ts";
import type { PamItems } from "../../lib/core/pam_items.ts";
import { readPamOptions } from "../../lib/core/pam_options.ts";
import { accountByName } from "../../lib/io/accounts.ts";
import { INTERRUPTED } from "../../lib/login/races.ts";
import { underPamExec } from "../../lib/modes/pam/front.ts";
import { passLogin, whyInVain } from "../../lib/modes/pam/login.ts";
import { denialOf, resultOf } from "../../lib/modes/pam/pam.ts";
import { assertRefused, failureOf } from "../support/failure.ts";
import { type HostToml, hostToml } from "../support/gate.ts";
import { FakeModule, type HelperLine } from "../support/pam_channel.ts";
import { ALONE, frontOf, JOINED, pamItemsOf } from "../support/pam_login.ts";
import { scratch } from "../support/scratch.ts";

const ROOT_IS_EXEMPT = { policy: { exempt_users: ["root"] } };

/** The C library stays open once it was opened. */
function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, fn, sanitizeResources: false });
}

/** One login, with a host.toml of its own; what it said to the module, who then left. */
async function login(
  settings: HostToml,
  options: readonly string[] = [],
  items: Partial<PamItems> = {},
  spoil: (path: string) => Promise<void> = () => Promise.resolve(),
) {
  await using folder = await scratch();
  const config = await folder.file("host.toml", hostToml(settings), 0o600);
  await spoil(config);
  const module = new FakeModule();
  const channel = await module.open();
  const args = ["--config", config, ...options.flatMap((option) => ["--option", option])];
  const passing = passLogin(args, pamItemsOf("root", items), frontOf(channel), () => {});
  const said: HelperLine[] = [];
  const listening = (async () => {
    for (;;) {
      const line = await module.hear();
      said.push(line);
      if (line.verb.startsWith("PROMPT")) return module.leave();
    }
  })();
  try {
    return { admission: await passing, said };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { failure: error, said };
  } finally {
    module.leave();
    void listening;
  }
}

test("who proved nothing is passed over, and whoever proved something has passed", () => {
  const table = {
    exempt: "ignore",
    "offline-allow": "ignore",
    "unenrolled-allow": "ignore",
    approval: "success",
    pin: "success",
    code: "success",
    enrolled: "success",
    grace: "success",
    emergency: "success",
  } as const;
  for (const [via, result] of Object.entries(table)) {
    assert.equal(resultOf({ via: via as keyof typeof table, by: "alice" }), result, via);
  }
});

test("what does not pass says to PAM whether asking again makes sense", () => {
  assert.equal(denialOf(new Failure(Exit.unreachable, "no server answers")), "authinfo_unavail");
  assert.equal(
    denialOf(new Failure(Exit.denied, "gone", undefined, INTERRUPTED)),
    "conv_err",
  );
  for (const exit of [Exit.denied, Exit.config, Exit.software, Exit.usage]) {
    assert.equal(denialOf(new Failure(exit, "no")), "auth_err");
  }
  assert.equal(denialOf(new Error("a fault of ours")), "auth_err");
  assert.equal(denialOf(undefined), "auth_err");
});

test("pam_exec sees a failure in all that denies, and in nothing else", () => {
  const front = underPamExec();
  assert.deepEqual([front.pass("success"), front.pass("ignore")], [Exit.ok, Exit.ok]);
  const why = [Exit.usage, Exit.software, Exit.unreachable, Exit.denied, Exit.config] as const;
  assert.deepEqual(why.map((status) => front.deny("auth_err", status)), why);
});

test("an exempt account needs no factor where it authenticates, and is let in nowhere else", async () => {
  const { admission } = await login({ ...ALONE, ...ROOT_IS_EXEMPT });
  assert.equal(admission?.via, "exempt");
  for (const type of ["account", "open_session", "close_session", "password", "", undefined]) {
    const { failure } = await login({ ...ALONE, ...ROOT_IS_EXEMPT }, [], { type });
    assert.match(failure?.message ?? "", /^nothing to do for /);
    assert.equal(failure?.exit, Exit.config);
  }
});

test("a wrong password is not made good by an exemption", async () => {
  const { failure } = await login({ ...ALONE, ...ROOT_IS_EXEMPT }, ["mode=code"], {
    unixDenied: true,
  });
  assert.equal(failure?.reason, "wrong password");
});

test("a host.toml that the account could have written is not believed", async () => {
  const { failure } = await login(
    { ...ALONE, ...ROOT_IS_EXEMPT },
    [],
    {},
    (path) => Deno.chown(path, 65_534, 65_534),
  );
  assert.equal(failure?.exit, Exit.config);
  assert.match(failure?.message ?? "", /host\.toml/);
});

test("an account of which only another module knows is not refused for pam_unix", () => {
  const account = accountByName("root");
  const denied = pamItemsOf("root", { unixDenied: true });
  const why = (local: boolean, options: readonly string[] = []) =>
    whyInVain(denied, readPamOptions(options), account, () => local);
  assert.equal(why(true), "wrong password");
  assert.equal(why(false), undefined);
  assert.equal(why(true, ["--option", "any_password"]), undefined);
  assert.equal(whyInVain(pamItemsOf("root"), readPamOptions([]), account), undefined);
  assert.equal(whyInVain(denied, readPamOptions([]), undefined), "no such account");
  assert.equal(whyInVain(denied, readPamOptions([]), account), "wrong password");
});

for (const mode of ["approve", "pin"]) {
  test(`mode=${mode} on a host without a server is refused, and no code is asked for`, async () => {
    const { failure, said } = await login(ALONE, [`mode=${mode}`]);
    assert.equal(failure?.exit, Exit.config);
    assert.match(failure?.message ?? "", /needs an approval server/);
    assert.deepEqual(said, []);
  });
}

test("after a wrong password a host of codes shows no link, though it has joined", async () => {
  const shown = async (mode: string) => {
    const { said, failure } = await login(JOINED, [`mode=${mode}`], { unixDenied: true });
    assert.equal(failure?.reason, "wrong password");
    return JSON.stringify(said);
  };
  assert.doesNotMatch(await shown("code"), /http|\/l\//);
  assert.match(await shown("approve"), /\/l\//);
});

test("an option that is unknown denies an exempt account too", async () => {
  const settings = { ...ALONE, ...ROOT_IS_EXEMPT };
  const failure = await failureOf(async () => {
    throw (await login(settings, ["no_such_option"])).failure;
  });
  assert.match(failure.message, /unknown option/);
  await assertRefused(() => readPamOptions(["--option", "mode=ukey"]), Exit.usage, /mode/);
});
