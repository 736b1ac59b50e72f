/** share/apparmor and share/selinux, by the programs that compile them. */
import assert from "node:assert/strict";
import { mustRun } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";

const SHARE = new URL("../../share", import.meta.url).pathname;

Deno.test("share/apparmor/gatehouse-server compiles", async () => {
  // Neither the kernel nor the cache of compiled profiles is touched.
  await mustRun(["apparmor_parser", "-Q", "-K", `${SHARE}/apparmor/gatehouse-server`]);
});

Deno.test("share/apparmor/gatehouse-server is for no path, and so never for the gate", async () => {
  const { out } = await mustRun(["apparmor_parser", "-N", `${SHARE}/apparmor/gatehouse-server`]);
  assert.equal(out, "gatehouse-server\n");
  const text = await Deno.readTextFile(`${SHARE}/apparmor/gatehouse-server`);
  assert.match(text, /^profile gatehouse-server \{$/m);
});

Deno.test("share/selinux/gatehouse.te compiles, and its package holds the file contexts", async () => {
  await using folder = await scratch();
  const [module, made] = [`${folder.path}/gatehouse.mod`, `${folder.path}/gatehouse.pp`];
  const source = `${SHARE}/selinux/gatehouse`;
  const { err } = await mustRun(["checkmodule", "-M", "-m", "-o", module, `${source}.te`]);
  assert.equal(err, "");
  await mustRun(["semodule_package", "-o", made, "-m", module, "-f", `${source}.fc`]);
  const contexts = `${folder.path}/contexts`;
  await mustRun(["semodule_unpackage", made, module, contexts]);
  assert.equal(await Deno.readTextFile(contexts), await Deno.readTextFile(`${source}.fc`));
});

Deno.test("share/selinux/gatehouse.fc names types of the module alone", async () => {
  const types = await Deno.readTextFile(`${SHARE}/selinux/gatehouse.te`);
  const contexts = await Deno.readTextFile(`${SHARE}/selinux/gatehouse.fc`);
  const named = [...contexts.matchAll(/object_r:(\w+):s0$/gm)].map(([, type]) => type);
  assert.equal(named.length, contexts.trimEnd().split("\n").length);
  for (const type of named) assert.match(types, new RegExp(`^type ${type};$`, "m"));
});
