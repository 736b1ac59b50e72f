/** What is left of us in a session that was let in. */
import { shellQuote } from "../../tests/support/process.ts";
import { gateLines } from "../../tests/support/sshd.ts";
import { ssh, type SshTarget } from "../../tests/support/ssh.ts";
import { approve, LINK, open, PLAIN_LINK } from "../click.ts";
import { forced, type Place } from "../place.ts";
import { pythonProgram, startSsh2fa } from "../programs.ts";
import type { Row } from "../results.ts";

/** More than a plain sshd has for the same session. */
interface Left {
  readonly processes: number;
  readonly threads: number;
  readonly files: number;
}

export async function leftBehind(place: Place): Promise<Row[]> {
  const config = await place.hostFile("left.toml", {});
  const gated = await place.sshd(gateLines(place.programs.gatehouse, config));
  const [, ...lines] = gateLines("", "");
  const plain = await count(place, (await place.sshd(lines)).target);
  const ours = await count(place, gated.target, { link: LINK, click: approve });
  const peer = await countSsh2fa(place);
  const text = (left: Left) =>
    `${left.processes - plain.processes} processes, ${left.threads - plain.threads} threads, ${
      left.files - plain.files
    } open files`;
  return [{
    what: "left behind in the session after approval",
    ours: text(ours),
    references: [{ name: "SSH2FA's way, a child process", figures: text(peer), ratio: "" }],
    goal: "nothing",
    met: ours.processes === plain.processes && ours.threads === plain.threads &&
      ours.files === plain.files,
  }];
}

async function countSsh2fa(place: Place): Promise<Left> {
  await using peer = await startSsh2fa();
  const program = await pythonProgram(place.folder, "ssh2fa_client");
  const { target } = await place.sshd(forced(`${shellQuote(program)} ${peer.url}`));
  return await count(place, target, { link: PLAIN_LINK, click: open });
}

/** What the account has running while its shell waits. */
async function count(
  place: Place,
  target: SshTarget,
  login?: { link: RegExp; click: (shown: string) => Promise<void> },
): Promise<Left> {
  await using session = ssh(target, "echo in-the-shell; read -r line", { input: "open" });
  if (login !== undefined) await login.click(await session.err(login.link));
  await session.out("in-the-shell");
  const left = { processes: 0, threads: 0, files: 0 };
  for (const pid of await sessionOf(place.user.uid)) {
    left.processes++;
    left.threads += (await Array.fromAsync(Deno.readDir(`/proc/${pid}/task`))).length;
    left.files += (await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`))).length;
  }
  await session.closeInput();
  await session.done;
  return left;
}

/** All processes of the account but sshd's own. */
async function sessionOf(uid: number): Promise<number[]> {
  const own: number[] = [];
  for await (const { name: pid } of Deno.readDir("/proc")) {
    const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
    const [, name = "", owner = ""] = /^Name:\s+(\S+)[\s\S]*^Uid:\s+(\d+)/m.exec(status) ?? [];
    if (Number(owner) === uid && name !== "sshd") own.push(Number(pid));
  }
  return own;
}
