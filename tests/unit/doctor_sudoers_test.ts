/** Whom sudo does not ask, though its PAM service has our line. */
import { deepEqual, equal } from "node:assert/strict";
import { siteFiles } from "../../lib/io/site_files.ts";
import { examineSudoers } from "../../lib/modes/doctor/sudoers.ts";
import { scratch } from "../support/scratch.ts";

async function found(files: Readonly<Record<string, string>>, service = "sudo") {
  await using folder = await scratch();
  const root = await folder.dir("root");
  await Deno.mkdir(`${root}/etc/sudoers.d`, { recursive: true });
  await Deno.mkdir(`${root}/etc/pam.d`);
  await Deno.writeTextFile(`${root}/etc/pam.d/${service}`, "auth required pam_gatehouse.so\n");
  for (const [path, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${root}/etc/${path}`, text);
  }
  return examineSudoers(siteFiles(root)).map(({ where, what }) =>
    `${where?.file}:${where?.line} ${what}`
  );
}

const SAYS = "/etc/sudoers:1 sudo asks";

for (
  const [line, whom, why] of [
    ["alice ALL=(ALL) NOPASSWD: ALL", "alice", "NOPASSWD"],
    ["%wheel, bob ALL = NOPASSWD:/bin/ls", "%wheel, bob", "NOPASSWD"],
    ["#1000 ALL=(ALL) NOPASSWD: ALL", "#1000", "NOPASSWD"],
    ["alice ALL=(ALL) /bin/ls, NOPASSWD: ALL", "alice", "NOPASSWD"],
    ["alice ALL=(ALL) \\\n NOPASSWD: ALL", "alice", "NOPASSWD"],
    ["Defaults env_reset, !authenticate", "everybody", "!authenticate"],
    ["Defaults:alice !authenticate", "those of Defaults:alice", "!authenticate"],
    ["Defaults exempt_group=wheel", "everybody", "exempt_group"],
    ["Defaults pam_service=other", "everybody", "pam_service=other"],
    ["Defaults pam_login_service=login", "everybody", "pam_login_service=login"],
  ] as const
) {
  Deno.test(`${line} is a finding`, async () => {
    deepEqual(await found({ sudoers: `${line}\n` }), [
      `${SAYS} ${whom} for no second factor: ${why}`,
    ]);
  });
}

Deno.test("what asks is no finding, nor a remark, nor sudo without our line", async () => {
  const text = [
    "Defaults env_reset, authenticate, pam_service=sudo",
    "# alice ALL=(ALL) NOPASSWD: ALL",
    "alice ALL=(ALL) PASSWD: ALL # not NOPASSWD: ALL",
    "root ALL=(ALL) NOPASSWD: ALL",
  ].join("\n");
  deepEqual(await found({ sudoers: text }), []);
  deepEqual(await found({ sudoers: "alice ALL=(ALL) NOPASSWD: ALL\n" }, "su"), []);
});

Deno.test("included files are read as sudo reads them", async () => {
  const line = "alice ALL=(ALL) NOPASSWD: ALL\n";
  const files = {
    "sudoers": "#includedir /etc/sudoers.d\n@include own\n@include sudoers\n",
    "own": `\n${line}`,
    "sudoers.d/a": line,
    "sudoers.d/a.bak": line,
    "sudoers.d/a~": line,
  };
  const places = (await found(files)).map((one) => one.replace(/ .*/, ""));
  deepEqual(places, ["/etc/sudoers.d/a:1", "/etc/own:2"]);
  equal((await found({ sudoers: '@include "/etc/own"\n', own: line })).length, 1);
});
