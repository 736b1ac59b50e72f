/** What somebody with a stolen key, or with an account's files, might try instead of the approval. */
import { deepEqual, equal, match } from "node:assert/strict";
import { sharing } from "../support/gate.ts";
import { approved, approvedUnseen, forgiven, guardedPair, offerOn } from "../support/gate_offer.ts";
import { expectAsked } from "../support/gate_outcome.ts";
import { Trap } from "../support/gate_trap.ts";
import { start } from "../support/process.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { freePort, gateLines } from "../support/sshd.ts";
import { terminal } from "../support/terminal.ts";

const test = sharing(() => guardedPair(["Subsystem shell exec /bin/bash"]));

/** Sends some bytes there and reads until the other end closes. */
async function tryPort(port: number, bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const ignore = () => null;
  await connection.write(bytes).catch(ignore);
  let received = 0;
  for (const buffer = new Uint8Array(512);;) {
    const read = await connection.read(buffer).catch(ignore);
    if (read === null) return received;
    received += read;
  }
}

const HELLO = new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n");
/** SOCKS4: connect to that port of 127.0.0.1. */
const socks = (port: number) => new Uint8Array([4, 1, port >> 8, port & 255, 127, 0, 0, 1, 0]);

/** Forwards that the client opens for others: what to give ssh, and what to send there. */
const FORWARDS: Record<string, (port: number, trap: Trap) => [string[], Uint8Array<ArrayBuffer>]> =
  {
    "-L": (port, trap) => [["-L", `${port}:127.0.0.1:${trap.port}`], HELLO],
    "-L to a socket": (port, trap) => [["-L", `${port}:${trap.socket}`], HELLO],
    "-D": (port, trap) => [["-D", String(port)], socks(trap.port)],
  };

for (const [name, forward] of Object.entries(FORWARDS)) {
  for (const when of ["without a session", "beside an approved session"]) {
    test(`${name} ${when} forwards nothing`, async ({ host }) => {
      await using trap = new Trap(host.folder.path);
      const port = freePort();
      const [words, bytes] = forward(port, trap);
      const alone = when === "without a session";
      await using client = ssh(host.target(), alone ? undefined : "echo in; cat", {
        input: "open",
        options: ["-v", ...(alone ? ["-N"] : []), ...words],
      });
      await client.err("Entering interactive session");
      if (!alone) {
        await approved(client);
        await client.out("in\n");
      }
      // SOCKS says "granted" before sshd was asked, so eight bytes may come, none of them from there.
      equal(await tryPort(port, bytes) <= 8, true);
      await client.err(/channel [0-9]+: open failed/);
      equal(trap.reached, 0);
    });
  }
}

test("-W connects to nothing", async ({ host }) => {
  await using trap = new Trap(host.folder.path);
  const { code, out, err } = await ssh(host.target(), undefined, {
    options: ["-W", `127.0.0.1:${trap.port}`],
  }).done;
  deepEqual([code, out, trap.reached], [255, "", 0]);
  match(err, /administratively prohibited/);
});

for (const remote of ["0:127.0.0.1:9", "/tmp/gatehouse-forward:127.0.0.1:9", "0"]) {
  test(`-R ${remote} opens nothing`, async ({ host }) => {
    const { code, err } = await ssh(host.target(), undefined, {
      options: ["-N", "-o", "ExitOnForwardFailure=yes", "-R", remote],
    }).done;
    equal(code, 255);
    match(err, /remote port forwarding failed/);
  });
}

test("a subsystem of another name is asked for like a command", async (pair) => {
  const argv = sshArgv(pair.host.target(), "shell", ["-s"]);
  const refused = start(argv, { input: "echo in $0\n" });
  await pair.server.logged(/"login created"/);
  equal(refused.outSoFar, "");
  await refused.kill();
  const subsystem = await approvedUnseen(pair, argv, { input: "echo in $0\n" });
  equal((await subsystem.done).out, "in /bin/bash\n");
});

test("a subsystem that sshd does not know is refused", async ({ host }) => {
  const { code, out } = await ssh(host.target(), "nothing", { options: ["-s"] }).done;
  deepEqual([code, out], [255, ""]);
});

test("~/.ssh/rc does not run, before the approval or after it", async ({ host }) => {
  const marker = `${host.user.home}/rc-ran`;
  await Deno.mkdir(`${host.user.home}/.ssh`);
  await host.homeFile(".ssh/rc", `touch ${marker}\n`, 0o644);
  await expectAsked(ssh(host.target(), "echo in"));
  const login = await approved(ssh(host.target(), `test ! -e ${marker}`));
  equal((await login.done).code, 0);
  await Deno.remove(`${host.user.home}/.ssh/rc`);
});

for (
  const spoiler of [
    "exit 0",
    "exec bash --norc",
    "echo in; kill -9 $$",
    "gatehouse() { :; }; exec() { :; }",
  ]
) {
  test(`a ~/.bashrc with ${spoiler} does not go round the gate`, async ({ host }) => {
    await forgiven({ host });
    const path = `${host.user.home}/.bashrc`;
    const before = await Deno.readTextFile(path);
    await host.homeFile(".bashrc", `${spoiler}\n`, 0o644);
    try {
      await expectAsked(ssh(host.target(), "echo in"));
      await expectAsked(ssh(host.target(), undefined, { options: ["-T"], input: "echo in\n" }));
      await using screen = terminal(sshArgv(host.target()));
      await offerOn(screen);
    } finally {
      await host.homeFile(".bashrc", before, 0o644);
    }
  });
}

test("the documentation names the lines that these tests run with", async ({ host }) => {
  const [, ...lines] = gateLines(host.binary, host.config);
  const read = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
  const block = ["ForceCommand exec /usr/local/bin/gatehouse gate", ...lines]
    .map((line) => `    ${line}\n`).join("");
  equal((await read("docs/sshd.md")).includes(block), true);
  const variables = lines.find((line) => line.startsWith("SetEnv "))?.slice("SetEnv ".length);
  equal((await read("install/sshd.sh")).includes(`SSHD_SET_ENV='${variables}'`), true);
});
