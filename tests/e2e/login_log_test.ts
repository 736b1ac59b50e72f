/** What the log says of a login, at both front ends: no fallback is silent, no fault is in pieces. */
import { doesNotMatch, equal, match } from "node:assert/strict";
import { type HostToml, NO_SERVER, sharing } from "../support/gate.ts";
import { STATE_FILE, totp } from "../support/gate_codes.ts";
import { PamHost, stack } from "../support/pam_host.ts";
import { run } from "../support/process.ts";

const test = sharing(() => PamHost.start());

interface Front {
  readonly name: string;
  /** Whether the login of root's went on. @param code typed, or sent along */
  login(host: PamHost, source: string, code: string): Promise<boolean>;
}

/** As the gate is started by sshd. */
const GATE: Front = {
  name: "gate",
  async login({ log, binary, config }, source, code) {
    const environment = [
      `SSH_CONNECTION=${source} 50022 192.0.2.9 22`,
      "SSH_ORIGINAL_COMMAND=true",
      `LC_GATEHOUSE_CODE=${code}`,
    ];
    const argv = ["env", "-i", ...environment, binary, "gate", "--config", config];
    return (await run(log.around(argv))).code === 0;
  },
};
const PAM: Front = {
  name: "pam",
  async login(host, source, code) {
    const service = await host.module.service([]);
    await host.guard(service, stack("required MODULE", "required pam_permit.so"));
    const argv = ["pamtester", `-Irhost=${source}`, service, "root", "authenticate"];
    return (await run(host.log.around(argv), { input: `${code}\n` })).code === 0;
  },
};

const OFFLINE: HostToml = { servers: [NO_SERVER] };
const ALONE: HostToml = { servers: [] };

async function set(host: PamHost, settings: HostToml, enrolled: boolean): Promise<void> {
  await host.configure(settings);
  await (enrolled ? host.enroll(STATE_FILE, "root") : host.unenroll("root"));
}

let sources = 0;

/** A login from an address of its own, and the line that says what became of it. */
async function logged(
  host: PamHost,
  front: Front,
  { code = "", goesOn }: { code?: string; goesOn: boolean },
): Promise<string> {
  const source = `192.0.2.${++sources}`;
  equal(await front.login(host, source, code), goesOn);
  return await host.log.logged(new RegExp(`(accepted|refused) .* source=${source} .*\\n`));
}

for (const front of [GATE, PAM]) {
  const { name } = front;
  const past = `no_server="${NO_SERVER} does not answer: `;

  test(`${name}: who gets in while no server answers gets in with the reason why`, async (host) => {
    const ways: [via: string, HostToml, enrolled: boolean, code?: string][] = [
      ['code by="root"', {}, true, totp()],
      ['offline-allow by="offline"', { policy: { offline: "allow" } }, true],
      ['unenrolled-allow by="unenrolled"', { policy: { unenrolled: "allow" } }, false],
    ];
    for (const [via, settings, enrolled, code = ""] of ways) {
      await set(host, { ...OFFLINE, ...settings }, enrolled);
      const line = await logged(host, front, { code, goesOn: true });
      equal(line.includes(`via=${via} ${past}`), true, line);
    }
  });

  test(`${name}: where codes are the rule no server is missed`, async (host) => {
    await set(host, ALONE, true);
    const line = await logged(host, front, { code: totp(), goesOn: true });
    doesNotMatch(line, /no_server/);
  });

  test(`${name}: not enrolled, and which file that takes`, async (host) => {
    const { path } = host.folder;
    const missing = `there is no ${path}/codes/root`;
    await set(host, ALONE, false);
    const alone = await logged(host, front, { goesOn: false });
    equal(alone.endsWith(` why="not enrolled: ${missing}"\n`), true, alone);

    const list = await host.folder.file("etc/totp_secrets", "alice:GEZDGNBVGY3TQOJQ\n", 0o600);
    await set(host, { ...OFFLINE, codes: { totp_secrets: list } }, false);
    const line = await logged(host, front, { goesOn: false });
    const end = `to fall back to: ${missing}, nor a line of root in ${list}"\n`;
    equal(line.includes("does not answer, ") && line.endsWith(end), true, line);
  });

  test(`${name}: the faults of host.toml in one line`, async (host) => {
    await set(host, ALONE, true);
    const key = `of_${name}`;
    await Deno.writeTextFile(host.config, `servers = []\ntimeout = "x"\n${key} = 1\n`);
    equal(await front.login(host, "192.0.2.254", ""), false);
    const line = await host.log.logged(new RegExp(`refused .*${key}.*\\n`));
    match(line, new RegExp(`why=".*toml: timeout: .*; .*toml: ${key}: `));
    doesNotMatch(line, /u\{a\}/);
  });
}

test("pam: without codes.secret, the log says how the file is made that is looked for", async (host) => {
  await Deno.writeTextFile(host.config, "servers = []\n");
  // Nobody else has that name, so there is no such file.
  const { name } = host.user;
  const service = await host.module.service([]);
  await host.guard(service, stack("required MODULE"));
  const argv = ["pamtester", service, name, "authenticate"];
  equal((await run(host.log.around(argv))).code, 1);
  const line = await host.log.logged(new RegExp(`refused user=${name} .*\\n`));
  const why = `not enrolled: there is no /var/lib/gatehouse/codes/${name} ` +
    `(for one, as root: gatehouse enroll --user ${name} -s /var/lib/gatehouse/codes/${name})`;
  equal(line.endsWith(` why="${why}"\n`), true, line);
});
