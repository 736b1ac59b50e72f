/** Every finding has a row in docs/doctor.md, and every row a finding. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { ROOT } from "../../scripts/run.ts";

const FOLDERS = ["lib/core/doctor", "lib/core/sshd", "lib/modes/doctor"];
const ID = /"((?:sshd|pam|host|codes|emergency|server|doctor)\.[a-z0-9-]+)"/g;

/** Those whose severity is not written beside them, but handed on. */
const HANDED_ON: Readonly<Record<string, string>> = {
  "pam.config-open": "critical",
  "sshd.config-open": "critical",
  "codes.folder-open": "info, critical",
  "codes.spent-open": "info, critical",
  "host.certificate-untrusted": "warning, critical",
  "host.server-unreachable": "warning, critical",
  "host.server-unready": "warning, critical",
  "pam.gate-lets-by": "info, warning, critical",
  "sshd.forwarding-open": "warning, critical",
};

/** What stands between `severity:` and the end of that property; "" where the object has none of its own. */
function severityBehind(text: string): string {
  const [, rest = ""] = /^[^{}]*?\bseverity: ([^;]*)/.exec(text) ?? [];
  let depth = 0;
  for (let at = 0; at < rest.length; at++) {
    const char = rest.charAt(at);
    if ("([{".includes(char)) depth++;
    if (")]}".includes(char)) depth--;
    if (depth < 0 || (depth === 0 && char === ",")) return rest.slice(0, at);
  }
  return rest;
}

/** Each with the severities that it can have. */
async function idsInSource(): Promise<Map<string, Set<string>>> {
  const ids = new Map<string, Set<string>>();
  for (const folder of FOLDERS) {
    for await (const { name, isFile } of Deno.readDir(`${ROOT}/${folder}`)) {
      if (!isFile) continue;
      const text = await Deno.readTextFile(`${ROOT}/${folder}/${name}`);
      for (const { 0: { length }, 1: id = "", index } of text.matchAll(ID)) {
        if (id.endsWith(".toml")) continue;
        const found = severityBehind(text.slice(index + length));
        const named = [...found.matchAll(/"(info|warning|critical)"/g)].map(([, one = ""]) => one);
        ids.set(id, new Set([...ids.get(id) ?? [], ...named]));
      }
    }
  }
  return ids;
}

async function rows(): Promise<{ id: string; severities: string[] }[]> {
  const text = await Deno.readTextFile(`${ROOT}/docs/doctor.md`);
  return [...text.matchAll(/^\| `([a-z]+\.[a-z0-9-]+)` +\| ([a-z, ]+)\|/gm)]
    .map(([, id = "", severities = ""]) => ({ id, severities: severities.trim().split(", ") }));
}

Deno.test("docs/doctor.md has a row for each finding, and no other", async () => {
  const documented = (await rows()).map(({ id }) => id);
  const found = [...(await idsInSource()).keys()].sort();
  deepEqual(found.filter((id) => !documented.includes(id)), [], "findings without a row");
  deepEqual(documented.filter((id) => !found.includes(id)), [], "rows without a finding");
  equal(documented.length, new Set(documented).size, "a row twice");
});

Deno.test("docs/doctor.md has the severities that the source has", async () => {
  const source = await idsInSource();
  for (const { id, severities } of await rows()) {
    const found = source.get(id) ?? new Set();
    const all = ["info", "warning", "critical"].filter((one) => found.has(one)).join(", ");
    equal(severities.join(", "), HANDED_ON[id] ?? all, id);
    ok(all !== HANDED_ON[id], `${id} need not be listed here`);
  }
});
