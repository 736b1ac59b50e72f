/** What only the running machine can tell: network, clock, room on the disk, the log. */
import { hasServers, type HostConfig } from "../../config/host.ts";
import type { HostKeyPair } from "../../core/central_set.ts";
import type { Examined, Finding } from "../../core/doctor/finding.ts";
import { diskRoom, logFindings, SPOOL, spoolFindings } from "../../core/doctor/host_machine.ts";
import { clocks, provenOfServers, serverLooks } from "../../core/doctor/host_servers.ts";
import type { SiteTree } from "../../core/doctor/site.ts";
import { Failure } from "../../core/errors.ts";
import { isSamePlace } from "../../core/path_template.ts";
import { parseServerKey } from "../../core/verdict_key.ts";
import { lookAtServer } from "../../io/approval_look.ts";
import { systemClock } from "../../io/clock.ts";
import { clockSynchronised } from "../../io/clock_sync.ts";
import { ROOTS_OWN } from "../../io/code_config.ts";
import { diskRoomAt } from "../../io/disk_room.ts";
import { hostKeyPath, readHostKey } from "../../io/host_key.ts";
import { systemRandom } from "../../io/random.ts";

interface Running {
  readonly files: SiteTree;
  /** host.toml */
  readonly file: string;
  readonly config: HostConfig;
  readonly byGate: boolean;
}

export async function examineRunning(running: Running): Promise<Examined> {
  const { config, file } = running;
  const looks = await Promise.all(asksAt(running));
  const ahead = looks.flatMap(({ answered, server }) =>
    answered?.ahead === undefined ? [] : [{ server, ahead: answered.ahead }]
  );
  const { offline } = config.policy;
  const codesCount = !hasServers(config) || offline === "code";
  return {
    findings: [
      ...serverLooks(looks, { file, offline }, systemClock.now()),
      ...clocks({ ahead, kept: clockSynchronised(), codesCount }),
      ...room(running),
      ...logFindings(whereTo(running.files, "/dev/log")),
      ...spool(running),
    ],
    proven: provenOfServers(looks),
  };
}

function asksAt({ config, file }: Running) {
  if (!hasServers(config)) return [];
  const { host, host_token: token, server_keys, servers } = config;
  const pinned = server_keys.map(parseServerKey).filter((key) => key !== undefined);
  const asking = { host, token, pinned, pair: keyOf(file) };
  return servers.map((server) => lookAtServer(server, asking, systemClock, systemRandom));
}

/** One that cannot be read is reported where files are examined. */
function keyOf(file: string): HostKeyPair | undefined {
  try {
    return readHostKey(hostKeyPath(file));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function room({ config, files }: Running): Finding[] {
  const spent = config.codes.spent ?? ROOTS_OWN.spent;
  let folder = isSamePlace(spent) ? spent : "/home";
  while (files.wayTo(folder) === undefined && folder !== "") {
    folder = folder.slice(0, folder.lastIndexOf("/"));
  }
  const found = diskRoomAt(folder || "/");
  return found === undefined ? [] : diskRoom(folder || "/", found);
}

function whereTo(files: SiteTree, path: string) {
  const end = files.wayTo(path)?.at(-1);
  return end === undefined ? undefined : files.look(end);
}

function spool({ byGate, config, files }: Running): Finding[] {
  const { offline, unenrolled } = config.policy;
  const needed = byGate && hasServers(config) && (offline === "allow" || unenrolled === "allow");
  return spoolFindings(files.look(SPOOL), needed, waiting(files));
}

function waiting(files: SiteTree): number[] {
  const now = systemClock.now();
  try {
    return (files.names(SPOOL) ?? []).flatMap((name) => {
      const facts = files.look(`${SPOOL}/${name}`);
      return facts?.kind === "file" && !name.startsWith(".") ? [now - facts.changedAt] : [];
    });
  } catch (error) {
    if (error instanceof Failure) return []; // only root may list it
    throw error;
  }
}
