/** Fifty logins at once, in one sshd's PAM. */
import { deepEqual, equal } from "node:assert/strict";
import { sharing } from "../support/gate.ts";
import { stateFile } from "../support/gate_codes.ts";
import { approve, type Offer } from "../support/gate_offer.ts";
import { ended, processesOf } from "../support/gate_processes.ts";
import { APPROVAL_ALONE, CODE_ALONE } from "../support/pam_host.ts";
import { pamPair } from "../support/pam_host_pair.ts";
import { AskedSsh, type SshLogin } from "../support/pam_host_ssh.ts";
import { mustRun } from "../support/process.ts";

/** So many that sshd lets all of them begin, and one account may have as many requests. */
const test = sharing(() => pamPair(["MaxStartups 200", "LoginGraceTime 300"]));

const ALL = Array.from({ length: 50 }, (_, i) => i);
const SCRATCH = ALL.map((i) => String(20_000_000 + 1_111 * i));
const COMMAND: SshLogin = { command: "echo in" };

test("fifty with a scratch code each: each gets in, and no code is left", async ({ host, joined }) => {
  await host.configure({ ...joined, timeout: "120s" });
  const path = await host.enroll(stateFile(["TOTP_AUTH"], SCRATCH));
  await host.guardSshd(CODE_ALONE);
  await using all = new AsyncDisposableStack();
  const logins = await Promise.all(
    SCRATCH.map(async (code) => all.use(await AskedSsh.start(host, code, COMMAND))),
  );
  const results = await Promise.all(logins.map(({ ssh }) => ssh.done));
  deepEqual(results.map(({ code, out }) => [code, out]), ALL.map(() => [0, "in\n"]));
  const left = (await Deno.readTextFile(path)).split("\n").filter((line) =>
    /^[0-9]{8}$/.test(line)
  );
  deepEqual(left, []);
  await ended(host.binary);
});

test("fifty of one account with one key are one request each ten seconds, and its approval lets all in", async ({ host, joined }) => {
  // Fifty programs start at once, and the server has its share of the machine like each of them.
  await host.configure({ ...joined, timeout: "120s", connect_timeout: "30s" });
  await host.unenroll();
  await host.guardSshd(APPROVAL_ALONE);
  const waitFor = `${host.folder.path}/approved`;
  await mustRun(["mkfifo", waitFor]);
  await using all = new AsyncDisposableStack();
  const logins = await Promise.all(
    ALL.map(async () => all.use(await AskedSsh.start(host, "", { ...COMMAND, waitFor }))),
  );
  await Promise.all(logins.map((login) => login.asked(1)));
  equal((await processesOf(host.binary)).length, ALL.length);
  const offers = await Promise.all(
    logins.map(async (login) => offerIn((await login.questions())[0])),
  );
  const requests = new Map(offers.map((offer) => [offer.url, offer]));
  // They begin within some seconds, but where the machine is slow.
  equal(requests.size <= 3, true);
  for (const offer of requests.values()) await approve(offer);
  // Whoever waits for it, and whoever will, goes on.
  using _ = await Deno.open(waitFor, { read: true, write: true });
  const results = await Promise.all(logins.map(({ ssh }) => ssh.done));
  deepEqual(results.map(({ code, out }) => [code, out]), ALL.map(() => [0, "in\n"]));
  await ended(host.binary);
});

function offerIn(question = ""): Offer {
  const [, url = "", number = ""] = /(http\S+)\n.*\b(\d\d)\n/.exec(question) ?? [];
  return { url, number };
}
