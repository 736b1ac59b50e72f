/** `gatehouse host add|list|revoke`, at the server: the machines that may ask. */
import { DEFAULT_LISTEN } from "../../config/server.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { ago, table } from "../../core/table.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { rfc3339 } from "../../core/time.ts";
import { makeHostToken } from "../../core/token.ts";
import { administer, type CommandOptions, warnOfNewData } from "./administration.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";
import { systemRandom } from "../../io/random.ts";
import { openServerKeys } from "../../io/server_keys.ts";
import type { Host } from "../../ports.ts";

export async function hostAdd(name: string, options: CommandOptions, out: Out): Promise<void> {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name)) {
    throw new Failure(
      Exit.usage,
      `${JSON.stringify(printable(name))} is no host name`,
      "use 1 to 64 letters, digits, dots, underscores and hyphens, such as web1",
    );
  }
  await administer(options, async (administration) => {
    const { store, audit, dataDir, publicUrl, by } = administration;
    const { publicKey } = await openServerKeys(dataDir);
    const token = await makeHostToken(systemRandom.bytes(32), publicKey);
    const added = await store.addHost({
      name,
      tokenHash: sha256(token),
      createdAt: systemClock.now(),
      joinedAt: null,
      revokedAt: null,
      lastSeenAt: null,
      version: null,
      codesKey: null,
      reportKey: null,
    });
    if (!added) {
      throw new Failure(
        Exit.usage,
        `there is a host ${name} already`,
        `choose another name, or first run: gatehouse host revoke ${name}`,
      );
    }
    await audit.append({ event: "host.added", host: name, by, via: "terminal" });
    const url = await store.publicUrl() ?? publicUrl ?? `http://${DEFAULT_LISTEN}`;
    const join = `gatehouse join ${url}`;
    if (options.json) {
      out.line(jsonLine({ name, token, join: `${join} ${token}` }));
    } else {
      out.line(`added ${name}; its token is shown only this once:`);
      out.line("");
      out.line(token);
      out.line("");
      out.line(`run this on ${name}, as root, from gatehouse's folder; sshd asks from then on:`);
      out.line("");
      out.line(`./install.sh host --join ${url}`);
      out.line("");
      out.line("or, to wire it by hand (docs/pam.md, docs/sshd.md):");
      out.line("");
      out.line(join);
      out.line("");
      out.line("both ask for the token, which every account there could read in a command line");
    }
    warnOfNewData(administration, out);
  }, "make");
}

export async function hostList(options: CommandOptions, out: Out): Promise<void> {
  await administer(options, async ({ store }) => {
    const hosts = await store.hosts();
    if (options.json) return out.line(jsonLine(hosts.map(asJson)));
    if (hosts.length === 0) return out.line("no hosts yet; add one with: gatehouse host add NAME");
    const now = systemClock.now();
    const when = (time: number | null) => time === null ? "never" : ago(time, now);
    const rows = hosts.map((host) => [
      host.name,
      state(host),
      when(host.joinedAt),
      when(host.lastSeenAt),
      printable(host.version ?? "-", 32),
    ]);
    for (const line of table([["NAME", "STATE", "JOINED", "SEEN", "VERSION"], ...rows])) {
      out.line(line);
    }
  });
}

export async function hostRevoke(name: string, options: CommandOptions, out: Out): Promise<void> {
  await administer(options, async ({ store, audit, by }) => {
    const now = systemClock.now();
    const revoked = await store.changeHost(name, (host) => ({ ...host, revokedAt: now }));
    if (revoked === undefined) throw unknownHost(name, await store.hosts());
    await audit.append({ event: "host.revoked", host: name, by, via: "terminal" });
    if (options.json) return out.line(jsonLine(asJson(revoked)));
    out.line(`revoked ${name}; its token is worthless from now on`);
  });
}

function state(host: Host): "revoked" | "joined" | "waiting" {
  if (host.revokedAt !== null) return "revoked";
  return host.joinedAt === null ? "waiting" : "joined";
}

function asJson(host: Host) {
  return {
    name: host.name,
    state: state(host),
    created_at: rfc3339(host.createdAt),
    joined_at: rfc3339(host.joinedAt),
    last_seen_at: rfc3339(host.lastSeenAt),
    version: host.version,
    revoked_at: rfc3339(host.revokedAt),
  };
}

function unknownHost(name: string, hosts: readonly Host[]): Failure {
  if (hosts.some((host) => host.name === name)) {
    return new Failure(Exit.usage, `${printable(name)} is revoked already`);
  }
  const known = hosts.filter((host) => host.revokedAt === null).map((host) => host.name);
  return new Failure(
    Exit.usage,
    `there is no host ${printable(name)}`,
    known.length === 0 ? "no host was added yet" : `known hosts: ${known.join(", ")}`,
  );
}
