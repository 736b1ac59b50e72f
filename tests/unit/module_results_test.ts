import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  type Circumstances,
  credentialResults,
  possibleResults,
  proofOf,
} from "../../lib/core/pam_stack/module_results.ts";
import { readStack } from "../../lib/core/pam_stack/read.ts";
import {
  PAM_RESULTS,
  PAM_TYPES,
  type PamEntry,
  type PamType,
} from "../../lib/core/pam_stack/stack.ts";

const ALICE = {
  ...{ name: "alice", uid: 1000, gid: 1000, home: "/home/alice", shell: "/bin/bash" },
  groups: ["alice", "staff"],
};

function login(
  more: Partial<Circumstances> & { texts?: Record<string, string> } = {},
): Circumstances {
  const { texts = {}, ...others } = more;
  return {
    service: "sshd",
    account: ALICE,
    files: { text: (path) => texts[path] },
    isLocal: true,
    isThere: () => undefined,
    ...others,
  };
}

function entryOf(type: PamType, line: string): PamEntry {
  const text = `${type} required ${line}\n`;
  const stack = readStack("sshd", type, {
    text: (path) => path.endsWith("/sshd") ? text : undefined,
  });
  const entry = "refused" in stack ? undefined : stack.entries[0];
  if (entry === undefined) throw new Error(`no entry: ${line}`);
  return entry;
}

const auth = (line: string, more?: Parameters<typeof login>[0]) =>
  possibleResults(entryOf("auth", line), "auth", login(more)).join(" ");

Deno.test("our module agrees, exempts, refuses or cannot tell, and refuses what it does not know", () => {
  equal(
    auth("pam_gatehouse.so mode=code"),
    "success auth_err ignore authinfo_unavail conv_err abort",
  );
  equal(auth("/lib/security/pam_gatehouse.so helper=/opt/gatehouse nonsense"), "auth_err");
  const session = entryOf("session", "pam_gatehouse.so");
  deepEqual(possibleResults(session, "session", login()), ["success"]);
});

Deno.test("our program under pam_exec knows success and failure only", () => {
  const line =
    "pam_exec.so quiet expose_authtok stdout /usr/local/bin/gatehouse pam --option mode=code";
  equal(auth(line), "success system_err");
  equal(auth(line.replace("quiet", "type=account")), "ignore");
  equal(auth(line.replace("mode=code", "mode=pin")), "system_err");
  equal(proofOf(entryOf("auth", line)), "gatehouse");
  equal(proofOf(entryOf("auth", "pam_exec.so /usr/local/bin/other pam")), "unknown");
  deepEqual(credentialResults(entryOf("auth", line), "success", login()), ["ignore"]);
});

Deno.test("a module that nobody knows may answer anything, one that is missing one thing", () => {
  equal(auth("pam_corp.so").split(" ").length, PAM_RESULTS.length - 1);
  equal(auth("pam_corp.so", { isThere: () => false }), "module_unknown");
  equal(auth("pam_limits.so"), "module_unknown");
});

Deno.test("pam_rootok asks who calls where there is a caller, and succeeds in daemons", () => {
  equal(auth("pam_rootok.so"), "success auth_err");
  equal(auth("pam_rootok.so", { service: "su" }), "auth_err");
  equal(auth("pam_rootok.so", { service: "sudo" }), "success auth_err");
});

Deno.test("whom /etc/passwd has, pam_unix knows", () => {
  ok(!auth("pam_unix.so").includes("user_unknown"));
  ok(auth("pam_unix.so", { isLocal: undefined }).includes("user_unknown"));
});

Deno.test("pam_sss passes over strangers only where it is told to", () => {
  ok(!auth("pam_sss.so use_first_pass").includes("ignore"));
  ok(auth("pam_sss.so ignore_unknown_user").includes("ignore"));
});

Deno.test("pam_succeed_if is judged where the account decides, and left open where the client does", () => {
  equal(auth("pam_succeed_if.so quiet user ingroup ssh-2fa:staff"), "success");
  equal(auth("pam_succeed_if.so quiet user notingroup staff"), "auth_err");
  equal(auth("pam_succeed_if.so uid >= 1000 uid < 0x400 shell =~ */bash"), "success");
  equal(auth("pam_succeed_if.so user in root:bob"), "auth_err");
  equal(auth("pam_succeed_if.so service notin sshd:login"), "auth_err");
  equal(auth("pam_succeed_if.so rhost = 192.0.2.7"), "success auth_err");
  equal(auth("pam_succeed_if.so rhost = 192.0.2.7 user = bob"), "auth_err");
  equal(auth("pam_succeed_if.so user = alice uid"), "service_err");
  equal(auth("pam_succeed_if.so"), "success");
});

Deno.test("pam_listfile reads its list, and onerr counts when there is none", () => {
  const texts = { "/etc/allowed": "bob\nalice\n", "/etc/groups": "wheel\r\nstaff\r\n" };
  const list = (args: string) => auth(`pam_listfile.so ${args}`, { texts });
  equal(list("item=user sense=allow file=/etc/allowed"), "success");
  equal(list("item=user sense=deny file=/etc/allowed"), "auth_err");
  equal(list("item=group sense=allow file=/etc/groups"), "success");
  equal(list("item=shell sense=allow file=/etc/allowed"), "auth_err");
  equal(list("item=tty sense=allow file=/etc/allowed apply=@wheel"), "ignore");
  equal(list("item=user sense=allow file=/etc/none onerr=succeed"), "success");
  equal(list("item=user sense=allow file=/etc/none"), "service_err");
});

Deno.test("pam_access stops at the first line that fits account and place", () => {
  const access = (...lines: string[]) =>
    auth("pam_access.so accessfile=/a", {
      texts: { "/a": lines.map((one) => `${one}\n`).join("") },
    });
  equal(access("+:alice:ALL", "-:ALL:ALL"), "success");
  equal(access("+:(staff) EXCEPT alice:ALL", "-:ALL:ALL"), "perm_denied");
  equal(access("+:alice:10.0.0.0/8", "-:ALL:ALL"), "success perm_denied");
  equal(access("-:bob:ALL"), "success");
  equal(access("+:ALL:ALL EXCEPT 10.0.0.1"), "success");
  equal(auth("pam_access.so accessfile=/none"), "abort");
});

Deno.test("pam_usertype, pam_shells and pam_localuser read what the machine says", () => {
  const texts = {
    "/etc/login.defs": "UID_MIN 2000\nSYS_UID_MIN 100\n",
    "/etc/shells": "/bin/zsh\n",
  };
  equal(auth("pam_usertype.so isregular", { texts }), "auth_err");
  equal(auth("pam_usertype.so isregular"), "success");
  equal(auth("pam_shells.so", { texts }), "auth_err");
  equal(auth("pam_localuser.so"), "success");
  equal(auth("pam_localuser.so", { isLocal: false }), "perm_denied");
});

Deno.test("pam_unix answers pam_setcred as before where it is told to", () => {
  const cred = (line: string) => credentialResults(entryOf("auth", line), "auth_err", login());
  deepEqual(cred("pam_unix.so"), ["success"]);
  deepEqual(cred("pam_unix.so likeauth"), ["auth_err"]);
});

const word = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8 }).map((text) => text.replace(/[\s#[\]\\\0]/g, "") || "x"),
  fc.constantFrom("user", "uid", "ingroup", "notin", "<", "glob", "quiet", "use_uid", "a:b", "-0x"),
  fc.constantFrom(
    "item=user",
    "sense=deny",
    "file=/f",
    "onerr=succeed",
    "apply=@x",
    "accessfile=/f",
  ),
);
const name = fc.constantFrom(
  ...["succeed_if", "listfile", "access", "usertype", "localuser", "wheel", "exec", "debug"],
  ...["gatehouse", "nologin", "env", "constructor", "unix"],
);

Deno.test("whatever a line and its file say, there is an answer, and each is one of libpam's", () => {
  fc.assert(
    fc.property(
      name,
      fc.array(word, { maxLength: 7 }),
      fc.string({ maxLength: 60, unit: "binary-ascii" }),
      fc.constantFrom(...PAM_TYPES),
      (name, args, text, type) => {
        const entry = entryOf(type, `pam_${name}.so ${args.join(" ")}`);
        const here = login({ texts: { "/f": text } });
        const results = possibleResults(entry, type, here);
        ok(results.length > 0);
        for (const result of results) ok(PAM_RESULTS.includes(result));
        equal(new Set(results).size, results.length);
        ok(credentialResults(entry, "success", here).length > 0);
      },
    ),
  );
});
