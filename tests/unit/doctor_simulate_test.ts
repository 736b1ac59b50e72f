import { deepEqual, equal, match } from "node:assert/strict";
import { Exit } from "../../lib/core/errors.ts";
import { simulate, type SimulateOptions } from "../../lib/modes/doctor/simulate.ts";
import { assertRefused } from "../support/failure.ts";
import { InstallTree } from "../support/install.ts";
import { CollectedOut } from "../support/out.ts";
import { type Scratch, scratch } from "../support/scratch.ts";

/** A tree with that in /etc/pam.d. */
async function tree(files: Readonly<Record<string, string>>): Promise<Scratch> {
  const root = await scratch();
  await Deno.mkdir(`${root.path}/etc/pam.d`, { recursive: true });
  for (const [name, text] of Object.entries(files)) await root.file(`etc/pam.d/${name}`, text);
  return root;
}

function simulated(root: Scratch, service: string, options: Partial<SimulateOptions> = {}) {
  const out = new CollectedOut();
  simulate(service, { type: "auth", root: root.path, ...options }, out);
  return out;
}

const LOGIN = {
  login: "auth [success=1 default=ignore] pam_debug.so auth=auth_err\n" +
    "auth substack inner\nauth optional pam_permit.so\nsession required pam_deny.so\n",
  inner: "auth requisite pam_deny.so\n",
};

Deno.test("simulate prints the return and the way to it", async () => {
  await using root = await tree(LOGIN);
  const out = simulated(root, "login");
  deepEqual(out.lines, [
    "pam_authenticate: auth_err",
    "  /etc/pam.d/login:1: [success=1 default=ignore] pam_debug.so: auth_err, ignore",
    "  /etc/pam.d/inner:1: requisite pam_deny.so: auth_err, die",
    "  /etc/pam.d/login:3: optional pam_permit.so: success, ok",
    "read: /etc/pam.d/login, /etc/pam.d/inner",
  ]);
  deepEqual(out.errors, []);
  equal(simulated(root, "login", { type: "session" }).lines[0], "pam_open_session: session_err");
  deepEqual(simulated(root, "login", { type: "account" }).lines, [
    "pam_acct_mgmt: perm_denied",
    "  no line is of type account",
  ]);
});

Deno.test("simulate --json prints JSON and nothing else on stdout", async () => {
  await using root = await tree({
    ...LOGIN,
    odd: "auth required pam_permit.so\nauht required x.so\n",
  });
  const out = simulated(root, "login", { json: true });
  equal(out.lines.length, 1);
  deepEqual(JSON.parse(out.text), {
    result: "auth_err",
    path: [
      {
        file: "/etc/pam.d/login",
        line: 1,
        module: "pam_debug.so",
        control: "[success=1 default=ignore]",
        result: "auth_err",
        action: "ignore",
        call: "authenticate",
      },
      {
        file: "/etc/pam.d/inner",
        line: 1,
        module: "pam_deny.so",
        control: "requisite",
        result: "auth_err",
        action: "die",
        call: "authenticate",
      },
      {
        file: "/etc/pam.d/login",
        line: 3,
        module: "pam_permit.so",
        control: "optional",
        result: "success",
        action: "ok",
        call: "authenticate",
      },
    ],
    files: ["/etc/pam.d/login", "/etc/pam.d/inner"],
    oddities: [],
  });
  const odd = simulated(root, "odd", { json: true, assume: ["pam_nowhere=ignore"] });
  equal(odd.lines.length, 1);
  const { result, oddities } = JSON.parse(odd.text);
  equal(result, "perm_denied");
  equal(oddities[0].why, "the line fails: auht is no type");
  deepEqual(odd.errors, ["gatehouse: hint: no line of this stack is pam_nowhere"]);
});

Deno.test("simulate says abort where libpam does not start, and why", async () => {
  await using root = await tree({ login: "auth required pam_permit.so\n@include nowhere\n" });
  deepEqual(simulated(root, "login").lines, [
    "pam_start: abort",
    "  /etc/pam.d/login:2: there is no /etc/pam.d/nowhere",
  ]);
  const json = JSON.parse(simulated(root, "login", { json: true }).text);
  deepEqual([json.result, json.path, json.refused.line], ["abort", [], 2]);
  const none = JSON.parse(simulated(root, "nobody", { json: true }).text);
  equal(none.result, "abort");
});

Deno.test("simulate wants to be told what it cannot know", async () => {
  await using root = await tree({
    login:
      "auth required pam_unix.so\nauth sufficient /opt/pam_ldap.so\nauth required pam_permit.so\n",
    early: "auth requisite pam_deny.so\nauth required pam_unix.so\n",
  });
  const failure = await assertRefused(
    () => simulated(root, "login"),
    Exit.usage,
    /^the result of pam_unix\.so is not known \(\/etc\/pam\.d\/login:1\)\nthe result of \/opt\/pam_ldap\.so .*:2\)$/,
  );
  match(failure.hint ?? "", /--assume pam_unix=success,pam_ldap=success\b/);
  equal(simulated(root, "early").lines[0], "pam_authenticate: auth_err");
  const assume = ["pam_unix=maxtries,pam_ldap=ignore"];
  equal(simulated(root, "login", { assume }).lines[0], "pam_authenticate: maxtries");
});

Deno.test("simulate takes a module that no system is known to have for missing, and says so", async () => {
  await using root = await tree({
    login: "auth optional pam_nowhere.so\nauth required pam_permit.so\n",
    ours: "auth required pam_gatehouse.so\n",
  });
  const { lines, errors } = simulated(root, "login");
  deepEqual(lines.slice(0, 2), [
    "pam_authenticate: success",
    "  /etc/pam.d/login:1: optional pam_nowhere.so: module_unknown, ignore",
  ]);
  deepEqual(errors, [
    "gatehouse: hint: pam_nowhere.so is nowhere, so libpam cannot load it",
  ]);
  deepEqual(simulated(root, "login", { assume: ["pam_nowhere=auth_err"] }).errors, []);
  await assertRefused(() => simulated(root, "ours"), Exit.usage, /pam_gatehouse\.so is not known/);
});

Deno.test("simulate believes the most exact assumption", async () => {
  await using root = await tree({
    login: "auth optional /lib/pam_x.so\nauth optional pam_x.so\nauth optional pam_permit.so\n",
  });
  const results = (...assume: string[]) => {
    const { path } = JSON.parse(simulated(root, "login", { assume, json: true }).text);
    return path.map(({ result }: { result: string }) => result);
  };
  deepEqual(results("pam_x=ignore"), ["ignore", "ignore", "success"]);
  deepEqual(results("pam_x.so=ignore,pam_permit=abort"), ["ignore", "ignore", "abort"]);
  deepEqual(results("/lib/pam_x.so=auth_err", "pam_x=ignore"), ["auth_err", "ignore", "success"]);
  deepEqual(results("/etc/pam.d/login:1=maxtries,/lib/pam_x.so=auth_err,pam_x=ignore"), [
    "maxtries",
    "ignore",
    "success",
  ]);
  deepEqual(results("login:2=maxtries", "pam_x=ignore"), ["ignore", "maxtries", "success"]);
});

Deno.test("simulate refuses what is no assumption and no call", async () => {
  await using root = await tree(LOGIN);
  const hintOf = async (assume: string, message: RegExp) =>
    (await assertRefused(() => simulated(root, "login", { assume: [assume] }), Exit.usage, message))
      .hint;
  equal(
    await hintOf("pam_x=PAM_AUTH_ERR", /^no result of PAM's: PAM_AUTH_ERR$/),
    "did you mean auth_err?",
  );
  equal(await hintOf("pam_x=sucess", /sucess/), "did you mean success?");
  match(await hintOf("pam_x=whatever", /whatever/) ?? "", /^they are success, open_err, /);
  const both = /^pam_x is assumed to return both success and ignore$/;
  match(await hintOf("pam_x=success,pam_y=abort,pam_x=ignore", both) ?? "", /FILE:LINE=RESULT/);
  match(await hintOf("pam_x", /^no assumption: pam_x$/) ?? "", /--assume MODULE=RESULT/);
  const failure = await assertRefused(
    () => simulated(root, "login", { call: "close_session" }),
    Exit.usage,
    /^pam_close_session has no stack of type auth$/,
  );
  equal(failure.hint, "--call takes authenticate or setcred there");
});

Deno.test("simulate follows pam_authenticate with pam_setcred", async () => {
  await using root = await tree({
    login: "auth sufficient pam_debug.so auth=success cred=cred_err\nauth required pam_permit.so\n",
  });
  deepEqual(simulated(root, "login", { call: "setcred" }).lines, [
    "pam_setcred: cred_err",
    "  pam_authenticate: /etc/pam.d/login:1: sufficient pam_debug.so: success, done",
    "  /etc/pam.d/login:1: sufficient pam_debug.so: cred_err, done",
    "read: /etc/pam.d/login",
  ]);
});

Deno.test("simulate misses any module that is not in a tree with PAM's own", async () => {
  await using root = await tree({
    login: "auth sufficient pam_ldap.so\nauth required pam_permit.so\n",
  });
  const security = "usr/lib/x86_64-linux-gnu/security";
  await Deno.mkdir(`${root.path}/${security}`, { recursive: true });
  await root.file(`${security}/pam_gatehouse.so`, "");
  await assertRefused(() => simulated(root, "login"), Exit.usage, /pam_ldap\.so/);
  await root.file(`${security}/pam_permit.so`, "");
  equal(
    simulated(root, "login").lines[1],
    "  /etc/pam.d/login:1: sufficient pam_ldap.so: module_unknown, ignore",
  );
  const assume = ["pam_ldap=success"];
  equal(simulated(root, "login", { assume }).lines.length, 3);
});

Deno.test("simulate shows nothing that a terminal obeys", async () => {
  await using root = await tree({
    login: "auth optional \x1b[2Jpam_x.so\nauth required pam_permit.so\n",
    known: "auth optional /\x1b[2J/pam_unix.so\n",
  });
  const failure = await assertRefused(() => simulated(root, "known"), Exit.usage, /\\u\{1b\}/);
  equal(`${failure.message}${failure.hint}`.includes("\x1b"), false);
  const { lines, errors } = simulated(root, "login");
  match(errors.join("\n"), /\\u\{1b\}/);
  equal([...lines, ...errors].join("").includes("\x1b"), false);
  const out = simulated(root, "login", { assume: ["login:1=ignore"], json: true });
  equal(out.text.includes("\x1b"), false);
  equal(JSON.parse(out.text).path[0].module, "\x1b[2Jpam_x.so");
});

Deno.test("simulate says when a service has no file, and what libpam takes then", async () => {
  await using root = await tree({ other: "auth required pam_deny.so\n", ...LOGIN });
  const out = simulated(root, "nobody");
  equal(out.lines[0], "pam_authenticate: auth_err");
  equal(out.lines.at(-1), "read: /etc/pam.d/other");
  deepEqual(out.errors, ['gatehouse: hint: nobody has no file: libpam takes "other"']);
  deepEqual(simulated(root, "login").errors, []);
});

Deno.test("simulate proposes what modules return mostly, and both sides of a condition", async () => {
  await using root = await tree({
    login: "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup x\n" +
      "auth required pam_gatehouse.so\nauth optional pam_cap.so\nauth required pam_permit.so\n",
    strict: "auth requisite pam_succeed_if.so uid >= 1000\nauth required pam_permit.so\n",
  });
  const hintOf = async (service: string) =>
    (await assertRefused(() => simulated(root, service), Exit.usage, /pam_succeed_if/)).hint ?? "";
  match(
    await hintOf("login"),
    /--assume pam_succeed_if=auth_err,pam_gatehouse=success,pam_cap=ignore, or pam_succeed_if=success for /,
  );
  match(await hintOf("strict"), /--assume pam_succeed_if=success, or pam_succeed_if=auth_err for /);
});

Deno.test("simulate: the example in docs/doctor.md runs on a host that install.sh has wired", async () => {
  const docs = await Deno.readTextFile(new URL("../../docs/doctor.md", import.meta.url));
  const [, assume = ""] = /^gatehouse doctor simulate sshd --assume (\S+)$/m.exec(docs) ?? [];
  const envs = { "lib/x86_64-linux-gnu/security/pam_env.so": "" };
  await using host = await InstallTree.make(envs);
  await host.host();
  const out = new CollectedOut();
  simulate("sshd", { type: "auth", root: host.at(""), assume: [assume] }, out);
  equal(out.lines[0], "pam_authenticate: auth_err");
  match(out.text, /pam_env\.so: ignore, ignore\n.*pam_gatehouse\.so: auth_err, die\n/s);
});
