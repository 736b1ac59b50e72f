/** Run by somebody else than root, the doctor accuses nobody of what root alone can read, and proves nothing. */
import { deepEqual, equal, match } from "node:assert/strict";
import type { Site, SiteTree } from "../../lib/core/doctor/site.ts";
import { Exit, Failure } from "../../lib/core/errors.ts";
import { siteFiles } from "../../lib/io/site_files.ts";
import { examine } from "../../lib/modes/doctor/examine.ts";
import { readConfig } from "../../lib/modes/doctor/host_config.ts";
import type { WholeSite } from "../../lib/modes/doctor/site.ts";
import { examineSshd } from "../../lib/modes/doctor/sshd.ts";
import { Asker } from "../../lib/modes/doctor/sshd_asking.ts";
import { asSomebody } from "../support/somebody.ts";
import { scratch } from "../support/scratch.ts";

const HERE: Site = { root: "", files: siteFiles(""), accounts: [], hasGroup: () => undefined };
const NO_FILES = { text: () => undefined, matching: () => [] };

/** A machine with nothing to see, but for what fails. */
function siteWith(files: Partial<SiteTree>): WholeSite {
  const nothing: SiteTree = {
    ...NO_FILES,
    look: () => undefined,
    folder: () => false,
    names: () => undefined,
    wayTo: () => undefined,
  };
  return { ...HERE, name: "web1", files: { ...nothing, ...files } };
}

function refuse(path: string): never {
  throw new Failure(Exit.config, `${path} cannot be read (EACCES)`, "see what it is");
}

/** What is made of an sshd that says that. */
async function asked(stderr: string, root = ""): Promise<string[]> {
  await using folder = await scratch();
  const program = await folder.file("sshd", `#!/bin/sh\necho "${stderr}" >&2; exit 1\n`, 0o755);
  await using asker = await Asker.open(program, { ...HERE, root }, NO_FILES, [], []);
  equal(await asker.ask("user=x"), undefined);
  return asker.findings.map(({ id, severity }) => `${severity} ${id}`);
}

Deno.test("an sshd that cannot read its keys, or what is included, needs root, and is not accused", async () => {
  const all = [
    "sshd: no hostkeys available -- exiting.",
    "/etc/ssh/sshd_config.d/60.conf: Permission denied",
  ];
  for (const said of all) {
    deepEqual(await asSomebody(() => asked(said)), ["warning sshd.needs-root"]);
    deepEqual(await asked(said), ["critical sshd.refused"]);
    deepEqual(await asSomebody(() => asked(said, "/tree")), ["critical sshd.refused"]);
  }
  const fault = "/etc/ssh/sshd_config line 3: no argument after keyword";
  deepEqual(await asSomebody(() => asked(fault)), ["critical sshd.refused"]);
});

Deno.test("a file of sshd's that root alone can read needs root", async () => {
  const site = siteWith({
    text: (path) => path.startsWith("/etc/ssh/") ? refuse(path) : undefined,
  });
  const { findings, proven, reliance } = await asSomebody(() => examineSshd(site));
  const [found] = findings.filter(({ where }) => where?.file === "/etc/ssh/sshd_config");
  deepEqual([found?.id, found?.severity], ["sshd.needs-root", "warning"]);
  match(found?.mend ?? "", /^sudo /);
  deepEqual([proven, reliance.unknown], [[], true]);
  equal(findings.some(({ id }) => id === "sshd.absent"), false);
});

Deno.test("what cannot be examined by somebody else is a warning, by root it is critical", async () => {
  const site = siteWith({ matching: refuse });
  const unknown = async () => {
    const { findings, proven } = await examine(site);
    deepEqual(proven, []);
    return findings.filter(({ id }) => id === "doctor.unknown").map(({ severity }) => severity);
  };
  const rootless = await asSomebody(unknown);
  deepEqual([...new Set(rootless)], ["warning"]);
  deepEqual([...new Set(await unknown())], ["critical"]);
});

Deno.test("host.toml that root alone can read is no fault of it", async () => {
  const { files } = siteWith({ text: refuse });
  const file = "/etc/gatehouse/host.toml";
  const use = { file, byGate: false, byPam: true, guarded: [], accounts: [], loginDefs: undefined };
  const severity = () => readConfig(files, "", use, true).findings.map((one) => one.severity);
  deepEqual(await asSomebody(() => Promise.resolve(severity())), ["warning"]);
  deepEqual(severity(), ["critical"]);
});
