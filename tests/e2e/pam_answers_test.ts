/** What is said of the modules' answers, held against the modules of this machine. */
import { equal, ok } from "node:assert/strict";
import fc from "fast-check";
import type { Account } from "../../lib/core/unix_account.ts";
import { possibleResults } from "../../lib/core/pam_stack/module_results.ts";
import { readStack } from "../../lib/core/pam_stack/read.ts";
import { PAM_RESULTS, type PamResult } from "../../lib/core/pam_stack/stack.ts";
import { openSite } from "../../lib/modes/doctor/site.ts";
import { mustRun } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";

const SOURCE = new URL("../support/pam_answers.c", import.meta.url).pathname;
const HOW_MANY = 2_000;

const site = openSite(undefined);
const passwd = site.files.text("/etc/passwd") ?? "";
const accounts: readonly Account[] = site.accounts.filter(({ name }) =>
  /^(root|daemon|bin|games|nobody)$/.test(name)
);
const names = accounts.map(({ name }) => name);
const groups = [...new Set(accounts.flatMap((account) => account.groups)), "nogroup-of-this-name"];

interface Case {
  readonly account: Account;
  readonly line: string;
  /** The file that the line may name as FILE. */
  readonly list: string;
}

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const several = (words: readonly string[]) =>
  fc.subarray([...words], { minLength: 1, maxLength: 4 }).map((some) => some.join(":"));

const attribute = oneOf(
  "user",
  "USER",
  "login",
  "name",
  "uid",
  "gid",
  "shell",
  "home",
  "dir",
  "service",
  "ruser",
  "nonsense",
);
const comparison = oneOf(
  "<",
  "lt",
  "<=",
  "le",
  ">",
  "gt",
  ">=",
  "ge",
  "eq",
  "ne",
  "=",
  "!=",
  "=~",
  "glob",
  "!~",
  "noglob",
  "in",
  "notin",
  "IN",
  "like",
);
const value = fc.oneof(
  fc.constantFrom(...names, ...accounts.map(({ shell }) => shell)),
  oneOf(
    "0",
    "1000",
    "0x3E8",
    "01750",
    "-1",
    "12x",
    "65534",
    "*",
    "r*",
    "?oot",
    "/*",
    "*/nologin",
    "svc",
  ),
  several(names),
);
const condition = fc.oneof(
  fc.tuple(attribute, comparison, value),
  fc.tuple(oneOf("user", "ruser"), oneOf("ingroup", "notingroup"), several(groups)),
).map((words) => words.join(" "));
const succeedIf = fc.tuple(
  oneOf("", "quiet ", "debug ", "quiet_success ", "use_uid "),
  fc.array(condition, { maxLength: 3 }),
  oneOf("", "", "", " user", " user ="),
).map(([flag, conditions, rest]) => `pam_succeed_if.so ${flag}${conditions.join(" ")}${rest}`);

const listfile = fc.tuple(
  oneOf("user", "group", "shell", "tty", "rhost", "ruser", "nonsense"),
  oneOf("allow", "deny"),
  oneOf("", " onerr=succeed", " onerr=fail"),
  oneOf("", "", ` apply=@${groups[0]}`, " apply=root", " apply=@nogroup-of-this-name"),
  oneOf("FILE", "FILE", "FILE", "/nowhere/list"),
).map(([item, sense, error, apply, file]) =>
  `pam_listfile.so item=${item} sense=${sense} file=${file}${error}${apply} quiet`
);

const access = oneOf("", " nodefgroup", " listsep=,", " fieldsep=|")
  .map((option) => `pam_access.so accessfile=FILE noaudit${option}`);

const line = fc.oneof(
  { weight: 6, arbitrary: succeedIf },
  { weight: 3, arbitrary: listfile },
  { weight: 3, arbitrary: access },
  {
    weight: 2,
    arbitrary: oneOf(
      "pam_usertype.so isregular",
      "pam_usertype.so issystem",
      "pam_usertype.so issystem isregular",
      "pam_usertype.so use_uid issystem",
      "pam_localuser.so",
      "pam_localuser.so file=FILE",
      "pam_shells.so",
      "pam_wheel.so",
      "pam_wheel.so use_uid group=root trust",
      "pam_wheel.so use_uid group=root deny",
      "pam_wheel.so root_only",
      "pam_rootok.so",
      "pam_nologin.so file=/nowhere/nologin",
      "pam_nologin.so successok file=/nowhere/nologin",
      "pam_securetty.so",
      "pam_permit.so",
      "pam_deny.so",
      "pam_warn.so",
      "pam_env.so",
      "pam_faildelay.so delay=0",
      "pam_group.so",
      "pam_mail.so",
      "pam_keyinit.so",
      "pam_selinux.so",
      "pam_debug.so auth=acct_expired acct=ignore",
      "pam_debug.so auth=nonsense",
      "pam_exec.so /bin/true",
      "pam_exec.so type=account /bin/false",
      "pam_exec.so type=session /bin/false",
      "pam_limits.so",
      "pam_time.so",
      "pam_nowhere.so",
    ),
  },
);
const entry = fc.oneof(
  fc.constantFrom(...names, ...groups),
  fc.tuple(
    oneOf("+", "-"),
    oneOf("ALL", "root", "daemon root", "(bin)", "ALL EXCEPT root", "(root),games"),
    oneOf("ALL", "ALL EXCEPT 10.0.0.1", "192.0.2.7"),
  ).map(
    (fields) => fields.join(":"),
  ),
  oneOf("# nothing", "", "nonsense", "+:ALL", "root:x:0:0:root:/root:/bin/sh"),
);
const aCase: fc.Arbitrary<Case> = fc.record({
  account: fc.constantFrom(...accounts),
  line,
  list: fc.array(entry, { maxLength: 4 }).map((lines) => lines.map((line) => `${line}\n`).join("")),
});

/** `ignore` would be a failure of the stack: it goes on to a line that says so in another way. */
const stackText = (type: "auth" | "account", line: string) =>
  `${type} [success=done ignore=1 default=die] ${line}
${type} requisite pam_deny.so
${type} [default=die] pam_debug.so auth=bad_item acct=bad_item
`;

Deno.test("modules answer nothing but what is said to be possible for the account", async () => {
  await using folder = await scratch();
  const program = `${folder.path}/pam_answers`;
  await mustRun([
    "gcc",
    "-std=gnu11",
    "-Wall",
    "-Wextra",
    "-Werror",
    SOURCE,
    "-o",
    program,
    "-lpam",
  ]);
  const services = `${folder.path}/services`;
  await Deno.mkdir(services);
  await Deno.writeTextFile(`${services}/other`, "auth required pam_deny.so\n");
  const cases = fc.sample(aCase, HOW_MANY).map((one, at) => {
    const file = `${folder.path}/list${at}`;
    Deno.writeTextFileSync(file, one.list);
    const line = one.line.replace("FILE", file);
    const text = stackText("auth", line) + stackText("account", line);
    Deno.writeTextFileSync(`${services}/svc${at}`, text);
    return { ...one, service: `svc${at}`, text, line };
  });
  const child = new Deno.Command(program, { args: [services], stdin: "piped", stdout: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  const questions = cases.map(({ service, account }) => `${service} ${account.name}\n`).join("");
  await writer.write(new TextEncoder().encode(questions));
  await writer.close();
  const { stdout } = await child.output();
  const answers = new TextDecoder().decode(stdout).trim().split("\n");
  equal(answers.length, cases.length);

  cases.forEach(({ account, service, text, line, list }, at) => {
    const codes = (answers[at] ?? "").split(" ").map(Number);
    for (const [which, type] of (["auth", "account"] as const).entries()) {
      const stack = readStack(service, type, {
        text: (path) => path.endsWith(service) ? text : undefined,
      });
      const entry = "refused" in stack ? undefined : stack.entries[0];
      ok(entry !== undefined);
      const possible = possibleResults(entry, type, {
        service,
        account,
        files: site.files,
        isLocal: `\n${passwd}`.includes(`\n${account.name}:`),
        isThere: (module) => module !== "pam_nowhere.so",
      });
      const code = PAM_RESULTS[codes[which] ?? -1];
      const answer: PamResult | undefined = code === "bad_item" ? "ignore" : code;
      ok(
        answer !== undefined && possible.includes(answer),
        `${account.name}: ${type} ${line}: ${answer}, not ${possible.join(", ")}\n${list}`,
      );
    }
  });
});
