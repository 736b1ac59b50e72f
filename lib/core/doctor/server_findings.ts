/** What the doctor says of an approval server: its server.toml, its secrets, its channels. */
import type { Finding } from "./finding.ts";
import type { FileFacts } from "./site.ts";

/** Of server.toml, what decides how safe it is. */
export interface ServerSettings {
  readonly approval: { readonly require: "person" | "link"; readonly number_match: boolean };
  readonly listen: string;
  readonly public_url?: string | undefined;
  readonly tls_cert?: string | undefined;
  readonly compat: { readonly ssh2fa: boolean };
  readonly notify: readonly unknown[];
}

const OTHERS = 0o077;
const WRITABLE = 0o022;
const LOOPBACK = /^(localhost|127\.[0-9.]+|\[::1\])(:|$)/;

/** @param file path of server.toml */
export function settingFindings(settings: ServerSettings, file: string): Finding[] {
  const { approval, listen, public_url: url, tls_cert, compat, notify } = settings;
  const findings: Finding[] = [];
  const say = (finding: Omit<Finding, "where">) => findings.push({ ...finding, where: { file } });
  if (approval.require === "link") {
    say({
      id: "server.link-approves",
      severity: "warning",
      what: 'approval.require is "link": whoever has the link approves',
      means:
        "The link is printed on the terminal of whoever logs in, so somebody with a stolen key can open it and approve for themselves.",
      mend:
        'write require = "person" under [approval], and invite people: gatehouse person add NAME',
    });
  }
  if (!approval.number_match) {
    say({
      id: "server.no-number",
      severity: "warning",
      what: "approval.number_match is off: no number is compared",
      means: "A person may approve by reflex a login that somebody else has started.",
      mend: "remove number_match = false from server.toml",
    });
  }
  if (url?.startsWith("http://") && !LOOPBACK.test(url.slice("http://".length))) {
    say({
      id: "server.no-https",
      severity: "warning",
      what: "people open the approval page without TLS",
      means:
        "Whoever is on the way reads their sessions and codes, and browsers offer no passkeys.",
      mend: "put a proxy with TLS in front, or set tls_cert and tls_key, and an https public_url",
    });
  }
  if (tls_cert === undefined && !LOOPBACK.test(listen) && url?.startsWith("https://") !== true) {
    say({
      id: "server.listens-open",
      severity: "warning",
      what: `it listens on ${listen} without TLS`,
      means: "Tokens of hosts and codes of people can be read on the way.",
      mend: 'listen = "127.0.0.1:8422" behind a proxy with TLS, or tls_cert and tls_key',
    });
  }
  if (compat.ssh2fa) {
    say({
      id: "server.ssh2fa",
      severity: "warning",
      what: "SSH2FA's clients are answered",
      means: "They prove nothing about their host, and check no signature of what they are told.",
      mend: "when the last of them is replaced: remove ssh2fa = true under [compat]",
    });
  }
  if (notify.length === 0) {
    say({
      id: "server.no-channel",
      severity: "info",
      what: "there is no channel: nobody is told of requests and alerts",
      means:
        "People see a request only where its link is shown, and a frozen account only by chance.",
      mend: "add one with [[notify]]: docs/notifiers.md",
    });
  }
  return findings;
}

/** @param folder the server's data @param secrets what must be its user's alone */
export function dataFindings(
  folder: { readonly path: string; readonly facts: FileFacts },
  secrets: readonly { readonly path: string; readonly facts: FileFacts }[],
): Finding[] {
  const findings: Finding[] = [];
  if ((folder.facts.mode & WRITABLE) !== 0) {
    findings.push({
      id: "server.data-writable",
      severity: "critical",
      where: { file: folder.path },
      what: "others can write into the server's data",
      means:
        "An account of this machine can put its own keys and persons there; the server refuses to start.",
      mend: `chmod 0700 ${folder.path}`,
      fix: { kind: "mode", path: folder.path, mode: 0o700 },
    });
  }
  for (const { path, facts: { mode, uid } } of secrets) {
    if ((mode & OTHERS) !== 0) {
      findings.push({
        id: "server.secret-open",
        severity: "critical",
        where: { file: path },
        what: "others can read one of the server's secrets",
        means: "Who has it can sign approvals, or reads what authenticators are made of.",
        mend: `chmod 0600 ${path}; if somebody may have read it: gatehouse server rotate-secrets`,
        fix: { kind: "mode", path, mode: 0o600 },
      });
    }
    if (uid !== folder.facts.uid) {
      findings.push({
        id: "server.secret-owner",
        severity: "warning",
        where: { file: path },
        what: "one of the server's files belongs to somebody else than its data",
        means: "The server cannot read or write it, or somebody else can.",
        mend: `chown --reference=${folder.path} ${path}`,
      });
    }
  }
  return findings;
}

/** @param channels those with which the server would not start */
export function channelFindings(
  channels: readonly { readonly name: string; readonly detail: string; readonly hint: string }[],
  file: string,
): Finding[] {
  return channels.map(({ name, detail, hint }) => ({
    id: "server.channel-fault",
    severity: "critical",
    where: { file },
    what: `channel ${name}: ${detail}`,
    means: "The server does not start with it, and nobody is told of anything by it.",
    mend: hint,
  }));
}

/** @param days until the certificate ends; below zero: it has ended */
export function certificateFindings(days: number, file: string): Finding[] {
  if (days > 14) return [];
  const over = days < 0;
  return [{
    id: "server.certificate-ends",
    severity: over ? "critical" : "warning",
    where: { file },
    what: over ? "the server's certificate has expired" : `its certificate expires in ${days} days`,
    means: "Then no host and no browser talks to the server any more: only codes let people in.",
    mend: "renew it, and restart the server",
  }];
}
