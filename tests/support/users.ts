/** Throw-away Unix users; needs root. */
import { mustRun, run } from "./process.ts";
import type { Scratch } from "./scratch.ts";

export interface User extends AsyncDisposable {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/**
 * @param folder its home is made there
 * @param shell an absolute path
 */
export async function createUser(folder: Scratch, shell = "/bin/bash"): Promise<User> {
  const name = `gh${crypto.randomUUID().slice(0, 8)}`;
  const home = `${folder.path}/${name}`;
  // Password `*`: with `!` sshd takes the account for locked and refuses its keys when UsePAM is no.
  await mustRun([
    ..."useradd --create-home --user-group --password * --shell".split(" "),
    shell,
    "--home-dir",
    home,
    name,
  ]);
  const { out } = await mustRun(["getent", "passwd", name]);
  const [, , uid, gid] = out.split(":");
  return {
    name,
    uid: Number(uid),
    gid: Number(gid),
    home,
    async [Symbol.asyncDispose]() {
      await run(["pkill", "-KILL", "-U", String(uid)]);
      await mustRun(["userdel", "--force", name]);
      await Deno.remove(home, { recursive: true });
    },
  };
}
