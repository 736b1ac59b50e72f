import { deepEqual, equal } from "node:assert/strict";
import { sshdCopy } from "../../lib/io/sshd_copy.ts";

Deno.test("whoever is nobody reads the copies, and can put nothing in the place of one", async () => {
  using copy = await sshdCopy();
  copy.write("0.conf", "Port 22\n");
  const modeAndOwner = (path: string) => {
    const { mode, uid, gid } = Deno.lstatSync(path);
    return [((mode ?? 0) & 0o7777).toString(8), uid, gid];
  };
  deepEqual(modeAndOwner(copy.path), ["750", 0, 65_534]);
  for (const name of ["host_key", "0.conf"]) {
    deepEqual(modeAndOwner(`${copy.path}/${name}`), ["640", 0, 65_534], name);
  }
  const asNobody = async (command: string) => {
    const { code, stdout } = await new Deno.Command("/bin/sh", {
      args: ["-c", command],
      cwd: copy.path,
      uid: 65_534,
      gid: 65_534,
      stderr: "null",
    }).output();
    return [code === 0, new TextDecoder().decode(stdout)];
  };
  deepEqual(await asNobody("cat 0.conf"), [true, "Port 22\n"]);
  // As root writes on at a path, a link there would have it write, and give away, another file.
  deepEqual(await asNobody("rm -f 0.conf"), [false, ""]);
  deepEqual(await asNobody("ln -s /etc/passwd 1.conf"), [false, ""]);
  equal(await Deno.readTextFile(`${copy.path}/0.conf`), "Port 22\n");
});
