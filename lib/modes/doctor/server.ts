/** Where an approval server is on the machine: its settings, its secrets, its channels. */
import * as v from "valibot";
import {
  DEFAULT_SERVER_CONFIG,
  parseServerConfig,
  type ServerConfig,
} from "../../config/server.ts";
import {
  certificateFindings,
  channelFindings,
  dataFindings,
  settingFindings,
} from "../../core/doctor/server_findings.ts";
import type { Finding } from "../../core/doctor/finding.ts";
import type { FileFacts } from "../../core/doctor/site.ts";
import { Failure } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import { certificateEnd } from "../../io/certificate.ts";
import { systemClock } from "../../io/clock.ts";
import { outputOf } from "../../io/own_program.ts";
import type { WholeSite } from "./site.ts";

const DAY_MS = 24 * 3_600_000;
const SECRETS = ["gatehouse.db", "audit.jsonl"];

/** What `notify list --json` says. */
const Listed = v.array(v.object({
  name: v.string(),
  fault: v.nullable(v.object({ detail: v.string(), hint: v.string() })),
}));

/** @param run another command of this program, see lib/io/own_program.ts */
export async function examineServer(
  { files, root }: WholeSite,
  run: typeof outputOf = outputOf,
): Promise<Finding[]> {
  const file = DEFAULT_SERVER_CONFIG;
  const text = files.text(file);
  if (text === undefined) return [];
  const settings = parsed(text, file);
  if (settings instanceof Failure) return [faulty(settings, file)];
  return [
    ...settingFindings(settings, file),
    ...ofData(settings.data, files),
    ...ofCertificate(settings, files),
    // On another machine's tree there is nothing to run.
    ...root === "" && settings.notify.length > 0 ? await ofChannels(run, file) : [],
  ];
}

function parsed(text: string, file: string): ServerConfig | Failure {
  try {
    return parseServerConfig(text, file);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function faulty({ message, hint }: Failure, file: string): Finding {
  return {
    id: "server.config-faulty",
    severity: "critical",
    where: { file },
    what: message.split("\n").map((line) => printable(line, 200)).join("; "),
    means: "the server does not start with that",
    mend: hint ?? "docs/configuration.md has every key",
  };
}

function ofData(data: string, files: WholeSite["files"]): Finding[] {
  const facts = files.look(data);
  if (facts?.kind !== "folder") return [];
  const keys = (files.names(`${data}/keys`) ?? []).map((name) => `keys/${name}`);
  const secrets = [...SECRETS, ...keys].flatMap((name) => {
    const path = `${data}/${name}`;
    const facts: FileFacts | undefined = files.look(path);
    return facts?.kind === "file" ? [{ path, facts }] : [];
  });
  return dataFindings({ path: data, facts }, secrets);
}

function ofCertificate({ tls_cert: path }: ServerConfig, files: WholeSite["files"]): Finding[] {
  if (path === undefined) return [];
  const end = certificateEnd(files.text(path) ?? "");
  if (end === undefined) {
    return [{
      id: "server.certificate-unreadable",
      severity: "critical",
      where: { file: path },
      what: "tls_cert is no certificate that can be read",
      means: "the server does not start with that",
      mend: "name a PEM file with tls_cert, the server's own certificate first",
    }];
  }
  return certificateFindings(Math.floor((end - systemClock.now()) / DAY_MS), path);
}

/** As the server's user would open them. */
async function ofChannels(run: typeof outputOf, file: string): Promise<Finding[]> {
  const said = v.safeParse(Listed, json(await run(["notify", "list", "--json"])));
  if (!said.success) {
    return [{
      id: "server.channels-unknown",
      severity: "warning",
      where: { file },
      what: "it could not be seen whether the channels can be opened",
      means: "nobody may be told of requests and alerts",
      mend: "gatehouse notify list says why",
    }];
  }
  const faulty = said.output.flatMap(({ name, fault }) =>
    fault === null
      ? []
      : [{ name: printable(name), detail: printable(fault.detail), hint: printable(fault.hint) }]
  );
  return channelFindings(faulty, file);
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
