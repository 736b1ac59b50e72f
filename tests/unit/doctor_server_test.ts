/** What the doctor says of an approval server on the machine. */
import { deepEqual, equal, match } from "node:assert/strict";
import { certificateFindings } from "../../lib/core/doctor/server_findings.ts";
import type { Finding } from "../../lib/core/doctor/finding.ts";
import { examineServer } from "../../lib/modes/doctor/server.ts";
import { openSite } from "../../lib/modes/doctor/site.ts";
import { TEST_CERT } from "../support/tls.ts";

const WELL =
  'public_url = "https://auth.example.com"\n[[notify]]\ntype = "command"\nargv = ["/bin/true"]\n';
const nothing = () => Promise.resolve(undefined);

/** What is found on a machine with that server.toml, and data as a server leaves it. */
async function found(
  toml: string,
  change: (root: string) => Promise<void> = () => Promise.resolve(),
): Promise<readonly Finding[]> {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/etc/gatehouse`, { recursive: true });
    await Deno.mkdir(`${root}/var/lib/gatehouse/keys`, { recursive: true, mode: 0o700 });
    await Deno.chmod(`${root}/var/lib/gatehouse`, 0o700);
    await Deno.writeTextFile(`${root}/etc/gatehouse/server.toml`, toml);
    const secrets = ["gatehouse.db", "audit.jsonl", "keys/verdict.jwk"];
    for (const name of secrets) {
      await Deno.writeTextFile(`${root}/var/lib/gatehouse/${name}`, "", { mode: 0o600 });
    }
    await change(root);
    return await examineServer(openSite(root), nothing);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const ids = (findings: readonly Finding[]) => findings.map(({ id }) => id);

Deno.test("a server that is set up well gives no finding; no server none either", async () => {
  deepEqual(await found(WELL), []);
  deepEqual(
    await found(WELL, (root) => Deno.remove(`${root}/etc/gatehouse/server.toml`)),
    [],
  );
});

const SETTINGS: readonly (readonly [toml: string, id: string])[] = [
  [`${WELL}[approval]\nrequire = "link"\n`, "server.link-approves"],
  [`${WELL}[approval]\nnumber_match = false\n`, "server.no-number"],
  [WELL.replace("https:", "http:"), "server.no-https"],
  [`${WELL}[compat]\nssh2fa = true\n`, "server.ssh2fa"],
  ['public_url = "https://auth.example.com"\n', "server.no-channel"],
  [WELL.replace("type", "typ"), "server.config-faulty"],
];
for (const [toml, id] of SETTINGS) {
  Deno.test(`server.toml: ${id}`, async () => {
    deepEqual(ids(await found(toml)), [id]);
  });
}

Deno.test("a server that listens to everybody without TLS", async () => {
  const open = 'listen = "0.0.0.0:8422"\n';
  const toml = `${open}${WELL.replace("https://auth.example.com", "http://192.0.2.1:8422")}`;
  deepEqual(ids(await found(toml)), ["server.no-https", "server.listens-open"]);
  deepEqual(await found(`${open}${WELL}`), [], "a proxy with TLS is in front");
});

Deno.test("secrets that others can read, and how that is mended", async () => {
  const key = "/var/lib/gatehouse/keys/verdict.jwk";
  const [finding, ...others] = await found(WELL, (root) => Deno.chmod(`${root}${key}`, 0o644));
  deepEqual(others, []);
  equal(finding?.id, "server.secret-open");
  equal(finding?.severity, "critical");
  deepEqual(finding?.fix, { kind: "mode", path: key, mode: 0o600 });
});

Deno.test("data that others can write; a secret of somebody else's", async () => {
  const data = "/var/lib/gatehouse";
  deepEqual(
    ids(await found(WELL, (root) => Deno.chmod(`${root}${data}`, 0o777))),
    ["server.data-writable"],
  );
  deepEqual(
    ids(await found(WELL, (root) => Deno.chown(`${root}${data}/gatehouse.db`, 65_534, 65_534))),
    ["server.secret-owner"],
  );
});

Deno.test("a certificate: good, about to end, none", async () => {
  const toml = `tls_cert = "/etc/tls/cert.pem"\ntls_key = "/etc/tls/key.pem"\n${WELL}`;
  const withPem = (pem: string) => async (root: string) => {
    await Deno.mkdir(`${root}/etc/tls`);
    await Deno.writeTextFile(`${root}/etc/tls/cert.pem`, pem);
  };
  deepEqual(ids(await found(toml, withPem("nothing"))), ["server.certificate-unreadable"]);
  deepEqual(await found(toml, withPem(TEST_CERT)), []);
  const severity = (days: number) => certificateFindings(days, "cert.pem")[0]?.severity;
  deepEqual([15, 14, 0, -1].map(severity), [undefined, "warning", "warning", "critical"]);
});

Deno.test("channels: those that cannot be opened, and when that cannot be seen", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/etc/gatehouse`, { recursive: true });
    await Deno.writeTextFile(`${root}/etc/gatehouse/server.toml`, WELL);
    const site = { ...openSite(root), root: "" };
    const said = [{ name: "command", fault: { detail: "no program\n", hint: "check argv" } }];
    const [finding] = await examineServer(site, () => Promise.resolve(JSON.stringify(said)));
    equal(finding?.id, "server.channel-fault");
    match(finding?.what ?? "", /^channel command: no program\\u\{a\}$/);
    deepEqual(ids(await examineServer(site, nothing)), ["server.channels-unknown"]);
    const well = JSON.stringify([{ name: "command", fault: null }]);
    deepEqual(await examineServer(site, () => Promise.resolve(well)), []);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
