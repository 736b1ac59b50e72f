import assert from "node:assert/strict";
import fc from "fast-check";
import { isAddress } from "../../lib/core/address.ts";
import {
  clientAddress,
  isOurs,
  keyFingerprint,
  planLaunch,
  steersRuntime,
} from "../../lib/core/ssh_session.ts";
import { mustRun } from "../support/process.ts";
import { scratch } from "../support/scratch.ts";
import { anyText } from "../support/texts.ts";

Deno.test("clientAddress() reads SSH_CONNECTION", () => {
  assert.equal(clientAddress("192.0.2.7 50022 198.51.100.1 22"), "192.0.2.7");
  assert.equal(clientAddress("2001:db8::7 50022 2001:db8::1 22"), "2001:db8::7");
  assert.equal(clientAddress("fe80::1%eth0 50022 fe80::2%eth0 22"), "fe80::1%eth0");
});

Deno.test("clientAddress() takes nothing else", () => {
  const others = [
    "",
    "192.0.2.7",
    "192.0.2.7 50022 198.51.100.1",
    "192.0.2.7 50022 198.51.100.1 22 more",
    "192.0.2.7  50022 198.51.100.1 22",
    "192.0.2.7 port 198.51.100.1 22",
    "192.0.2.7 50022 198.51.100.1 22\n",
    "\n192.0.2.7 50022 198.51.100.1 22",
    "UNKNOWN 65535 UNKNOWN 65535", // what sshd says when it has no socket
    "167772161 50022 198.51.100.1 22",
    "fe80::1%\x1b[2J 50022 ::1 22",
    "\x1b[2J 50022 ::1 22",
  ];
  for (const text of others) assert.equal(clientAddress(text), undefined, JSON.stringify(text));
});

Deno.test("clientAddress() answers an address or nothing, whatever it is given", () => {
  const word = fc.oneof(anyText(), fc.ipV4(), fc.ipV6(), fc.nat().map(String));
  fc.assert(fc.property(fc.array(word, { maxLength: 6 }), (words) => {
    const address = clientAddress(words.join(" "));
    assert.ok(address === undefined || isAddress(address));
  }));
});

Deno.test("keyFingerprint() says what ssh-keygen -l says", async () => {
  await using folder = await scratch();
  const kinds = [["ed25519"], ["rsa", "-b", "2048"], ["ecdsa"], ["ecdsa", "-b", "521"]];
  for (const [index, kind] of kinds.entries()) {
    const path = `${folder.path}/key${index}`;
    await mustRun(["ssh-keygen", "-q", "-N", "", "-C", "a comment", "-f", path, "-t", ...kind]);
    const [, expected] = (await mustRun(["ssh-keygen", "-lf", `${path}.pub`])).out.split(" ");
    const [type, blob] = (await Deno.readTextFile(`${path}.pub`)).split(" ");
    assert.equal(await keyFingerprint(`publickey ${type} ${blob}\n`), expected, type);
    const several = `keyboard-interactive/pam\npublickey ${type} ${blob}\npassword\n`;
    assert.equal(await keyFingerprint(several), expected, type);
  }
});

Deno.test("keyFingerprint() says nothing when no key was used", async () => {
  const others = [
    "",
    "password\n",
    "publickey\n",
    "publickey ssh-ed25519\n",
    "publickey ssh-ed25519 !!!!\n",
    "publickey ssh-ed25519 AAAA BBBB\n",
    "xpublickey ssh-ed25519 AAAA\n",
    "password publickey ssh-ed25519 AAAA\n",
  ];
  for (const text of others) assert.equal(await keyFingerprint(text), null, text);
});

Deno.test("keyFingerprint() never throws", async () => {
  const text = fc.oneof(
    anyText(),
    fc.base64String(),
    fc.stringMatching(/^[A-Za-z0-9+/=\n ]*$/),
  );
  await fc.assert(fc.asyncProperty(text, async (text) => {
    const print = await keyFingerprint(`publickey ssh-ed25519 ${text}`);
    assert.ok(print === null || /^SHA256:[A-Za-z0-9+/]{43}$/.test(print));
  }));
});

const bytes = (text: string) => new TextEncoder().encode(text);
const nowhere = () => undefined;
const sftp = () => "/usr/lib/openssh/sftp-server";

Deno.test("planLaunch() starts a login shell by its name with a dash", () => {
  const cases: [shell: string, argv0: string][] = [
    ["/bin/bash", "-bash"],
    ["/usr/bin/fish", "-fish"],
    ["/bin/sh", "-sh"],
    ["zsh", "-zsh"],
  ];
  for (const [shell, argv0] of cases) {
    assert.deepEqual(planLaunch(shell, undefined, nowhere), { path: shell, argv: [argv0] });
  }
});

Deno.test("planLaunch() gives a command to the shell byte for byte", () => {
  const commands = [
    bytes("echo 'a  b' | cat"),
    bytes(""),
    bytes("/usr/lib/openssh/sftp-server"),
    Uint8Array.from([0x65, 0xff, 0xfe, 0x0a, 0x80]),
  ];
  for (const command of commands) {
    const launch = planLaunch("/bin/bash", command, sftp);
    assert.deepEqual(launch, { path: "/bin/bash", argv: ["bash", "-c", command] });
  }
});

Deno.test("planLaunch() puts sftp-server in internal-sftp's place, with its options", () => {
  const path = sftp();
  const cases: [command: string, argv: string[]][] = [
    ["internal-sftp", [path]],
    [" internal-sftp ", [path]],
    ["internal-sftp -f AUTHPRIV -l INFO", [path, "-f", "AUTHPRIV", "-l", "INFO"]],
  ];
  for (const [command, argv] of cases) {
    assert.deepEqual(planLaunch("/bin/bash", bytes(command), sftp), { path, argv });
  }
  assert.equal(planLaunch("/bin/bash", bytes("internal-sftp"), nowhere), undefined);
});

Deno.test("planLaunch() takes for internal-sftp only that word itself", () => {
  for (const text of ["internal-sftp;id", "/internal-sftp", "internal-sftp2", "x internal-sftp"]) {
    const launch = planLaunch("/bin/bash", bytes(text), sftp);
    assert.deepEqual(launch?.argv, ["bash", "-c", bytes(text)], text);
  }
});

Deno.test("isOurs() names what the session must not see", () => {
  const ours = ["_", "SHLVL", "PWD", "OLDPWD", "SSH_ORIGINAL_COMMAND", "LC_GATEHOUSE_CODE"];
  for (const name of [...ours, "SHELLOPTS"]) {
    assert.ok(isOurs(name, "x"), name);
    assert.ok(isOurs(name, ""), name);
  }
  for (
    const name of ["BASH_ENV", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "BASH_FUNC_exec%%"]
  ) {
    assert.ok(isOurs(name, ""), name);
    assert.ok(!isOurs(name, "/home/alice/lib"), name);
  }
  const theirs = ["PATH", "HOME", "SSH_CONNECTION", "SSH_TTY", "SSH_AUTH_SOCK", "LC_ALL", "TERM"];
  for (const name of theirs) assert.ok(!isOurs(name, "") && !isOurs(name, "x"), name);
});

Deno.test("steersRuntime() names what the runtime obeys", () => {
  const steering = ["HTTP_PROXY", "https_proxy", "All_Proxy", "no_proxy", "NO_PROXY"];
  steering.push("DENO_CERT", "DENO_TLS_CA_STORE", "DENO_SERVE_ADDRESS", "DENO_LOG");
  steering.push("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS");
  for (const name of steering) assert.ok(steersRuntime(name), name);
  for (const name of ["PATH", "HOME", "FTP_PROXY", "MY_HTTP_PROXY", "HTTP_PROXY_X", "XDENO_X"]) {
    assert.ok(!steersRuntime(name), name);
  }
});
