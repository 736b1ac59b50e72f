/** The demo's server, and an sshd with the gate in front of it, all in one folder. */
import { Secret, TOTP } from "otpauth";
import { Scratch } from "../../tests/support/scratch.ts";
import { type GatehouseServer, startServer } from "../../tests/support/server.ts";
import { gateLines, startSshd } from "../../tests/support/sshd.ts";
import { sshConfig } from "../../tests/support/ssh.ts";
import { mustRun } from "../../tests/support/process.ts";
import { OUTPUT } from "../build.ts";
import { MARK } from "./remains.ts";

export interface Stage {
  readonly server: GatehouseServer;
  /** The link with which the person who logs in registers a device. */
  readonly invitation: string;
  /** What logs in: `ssh -F FILE demo`. */
  readonly command: readonly string[];
  /** The account's authenticator. */
  readonly totp: TOTP;
  sshdLog(): string;
}

/** @param onLog gets each line of the server's log */
export async function setStage(path: string, onLog: (line: string) => void): Promise<Stage> {
  const folder = new Scratch(path);
  const user = (await mustRun(["id", "-un"])).out.trim();
  // Passkeys belong to names, and this one needs no TLS.
  const serverToml = await folder.file("server.toml", "", 0o600);
  const server = await startServer(folder, { config: serverToml, listen: "localhost:0", onLog });
  const invitation = await invite(user, server);

  const hostToml = `${path}/host.toml`;
  await server.join("demo", hostToml);
  const totp = new TOTP({ issuer: "gatehouse demo", label: user, secret: new Secret() });
  const secret = await folder.file("authenticator", `${totp.secret.base32}\n" TOTP_AUTH\n`, 0o600);
  const codes = ["[codes]", `secret = ${quoted(secret)}`, `spent = ${quoted(`${path}/spent`)}`];
  await Deno.writeTextFile(hostToml, `\n${codes.join("\n")}\n`, { append: true });

  // The shell that starts must not write what is typed into the person's own history.
  const sshd = await startSshd(folder, {
    lines: gateLines(OUTPUT, hostToml, ["HISTFILE=/dev/null", `${MARK}=${path}`]),
  });
  const identity = await folder.key("key");
  await sshd.authorize(user, identity);
  const config = sshConfig("demo", { sshd, user, identity });
  const sshConfigFile = await folder.file("ssh_config", config);
  return {
    server,
    invitation,
    command: ["ssh", "-F", sshConfigFile, "demo"],
    totp,
    sshdLog: () => sshd.log,
  };
}

async function invite(user: string, server: GatehouseServer): Promise<string> {
  const { out } = await server.admin("person", "add", user, "--administrator", "--json");
  const { url }: { url?: unknown } = JSON.parse(out);
  return String(url);
}

/** Strings are written alike in JSON and TOML. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
