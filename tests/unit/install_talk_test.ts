/** What others named is shown by install.sh in a way that no terminal obeys and nobody is misled by. */
import assert from "node:assert/strict";
import { InstallTree } from "../support/install.ts";
import { mustRun } from "../support/process.ts";

const TALK = new URL("../../install/talk.sh", import.meta.url).pathname;

const shown = async (text: string): Promise<string> =>
  (await mustRun(["sh", "-c", `. ${TALK}; shown "$1"`, "sh", text])).out;

Deno.test("shown() leaves out what a terminal obeys, and what turns or hides the text beside it", async () => {
  assert.equal(await shown("/etc/ä 群组 ü/x"), "/etc/ä 群组 ü/x");
  assert.equal(await shown("a\x1b[31m\nb\x7f"), "a[31mb");
  assert.equal(await shown("a\u009b31m\u009dtitle\u009c"), "a31mtitle");
  assert.equal(await shown("a\u202egnp.exe\u2066b\u200fc\u2069"), "agnp.exebc");
  assert.equal(await shown(""), "");
});

Deno.test("what is left when shown() has taken one out is not another one", async () => {
  // The bytes of U+009B around another U+009B, and those of U+202E around U+2066.
  const nested = [0xc2, 0xc2, 0x9b, 0x9b, 0xe2, 0x80, 0xe2, 0x81, 0xa6, 0xae];
  const bytes = nested.map((byte) => `\\${byte.toString(8)}`).join("");
  const { out } = await mustRun(["sh", "-c", `. ${TALK}; shown "$(printf '${bytes}')"`]);
  assert.equal(out, "");
});

Deno.test("of the folder that every account writes to uninstall says how many files are kept, and no name", async () => {
  await using tree = await InstallTree.make();
  await tree.host();
  await tree.write("var/spool/gatehouse/x\neverything is as it was before gatehouse\ny", "");
  await tree.write("var/spool/gatehouse/\u009b2J", "");
  const { out } = await tree.install("uninstall", "--yes");
  assert.match(out, /^ {2}\/var\/spool\/gatehouse: files, 2 of them$/m);
  assert.doesNotMatch(out, /everything is as it was/);
});
