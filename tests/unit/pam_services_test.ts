import { equal } from "node:assert/strict";
import { pamReads } from "../../lib/io/pam_services.ts";
import { scratch } from "../support/scratch.ts";

const OWN = "/etc/gatehouse/host.toml";

/** Whether PAM looks where that host.toml says, when this is all there is. */
async function reads(service: string, config = OWN): Promise<boolean> {
  await using folder = await scratch();
  await folder.file("common-auth", "auth required pam_unix.so # pam_gatehouse.so\n");
  await folder.dir("old");
  await Deno.symlink("nowhere", `${folder.path}/link`);
  await folder.file("sshd", service);
  return pamReads(config, OWN, folder.path);
}

Deno.test("pamReads() knows our module's lines from all else", async () => {
  const lines: [line: string, ours: boolean][] = [
    ["auth required pam_gatehouse.so", true],
    ["  -auth\t[success=1 default=ignore]\t/lib/security/pam_gatehouse.so mode=code\n", true],
    ["auth requisite pam_unix.so\nauth required pam_gatehouse.so nullok # 2nd\n", true],
    ["auth required \\\n  pam_gatehouse.so\n", true],
    ["", false],
    ["# auth required pam_gatehouse.so\n", false],
    ["auth required pam_unix.so # not pam_gatehouse.so\n", false],
    ["auth required pam_gatehouse_old.so\nauth required my_pam_gatehouse.so\n", false],
  ];
  for (const [line, ours] of lines) equal(await reads(line), ours, line);
});

Deno.test("pamReads() passes over lines that look elsewhere, and those of another host.toml", async () => {
  const line = (options: string) => `auth required pam_gatehouse.so ${options}\n`;
  equal(await reads(line("secret=/etc/codes/${USER}")), false);
  equal(await reads(line("mode=code secret=/a") + line("nullok")), true);
  equal(await reads(line("nullok") + "auth required pam_other.so secret=/a\n"), true);
  equal(await reads(line("config=/etc/other.toml")), false);
  equal(await reads(line("[config=/etc/other.toml] nullok"), "/etc/other.toml"), true);
  equal(await reads(line("nullok"), "/etc/other.toml"), false);
  equal(await reads(line(`config=${OWN}`)), true);
});

Deno.test("pamReads() says no where there is no PAM", () => {
  equal(pamReads(OWN, OWN, "/nonexistent"), false);
});
