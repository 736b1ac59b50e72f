/** Every finding has a row in docs/doctor.md, and every row a finding. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { ROOT } from "../../scripts/run.ts";

const FOLDERS = ["lib/core/doctor", "lib/core/sshd", "lib/modes/doctor"];
const ID = /"((?:sshd|pam|host|codes|emergency|server|doctor)\.[a-z0-9-]+)"/g;

async function idsInSource(): Promise<string[]> {
  const ids = new Set<string>();
  for (const folder of FOLDERS) {
    for await (const { name, isFile } of Deno.readDir(`${ROOT}/${folder}`)) {
      if (!isFile) continue;
      const text = await Deno.readTextFile(`${ROOT}/${folder}/${name}`);
      for (const [, id = ""] of text.matchAll(ID)) if (!id.endsWith(".toml")) ids.add(id);
    }
  }
  return [...ids].sort();
}

async function rows(): Promise<{ id: string; severities: string[] }[]> {
  const text = await Deno.readTextFile(`${ROOT}/docs/doctor.md`);
  return [...text.matchAll(/^\| `([a-z]+\.[a-z0-9-]+)` +\| ([a-z, ]+)\|/gm)]
    .map(([, id = "", severities = ""]) => ({ id, severities: severities.trim().split(", ") }));
}

Deno.test("docs/doctor.md has a row for each finding, and no other", async () => {
  const documented = (await rows()).map(({ id }) => id);
  const found = await idsInSource();
  deepEqual(found.filter((id) => !documented.includes(id)), [], "findings without a row");
  deepEqual(documented.filter((id) => !found.includes(id)), [], "rows without a finding");
  equal(documented.length, new Set(documented).size, "a row twice");
});

Deno.test("docs/doctor.md names severities that there are", async () => {
  for (const { id, severities } of await rows()) {
    const known = ["info", "warning", "critical"].filter((one) => severities.includes(one));
    ok(severities.length > 0, id);
    deepEqual(severities, known, id);
  }
});
