/** What the doctor says of the approval servers, as a host sees them. */
import { VERSION } from "../version.ts";
import type { Finding } from "./finding.ts";
import { count, someOf } from "./names.ts";

/** What came of asking one. */
export interface ServerLook {
  readonly server: string;
  /** Undefined: it does not answer. */
  readonly answered:
    | undefined
    | {
      /** `/readyz` */
      readonly ready: boolean;
      /** Server's clock minus ours, in milliseconds; to a second. Undefined: it does not say. */
      readonly ahead: number | undefined;
    };
  /** Why it does not answer, and what to do; harmless to print. */
  readonly hint: string;
  /** TLS is what fails. */
  readonly certificateFault: boolean;
  /** Milliseconds since the Unix epoch; undefined without TLS, or where it cannot be seen. */
  readonly certificateEnds: number | undefined;
  readonly token: TokenLook;
}

/** What the server makes of this host's token. */
export type TokenLook =
  /** A pinned key has signed the answer. */
  | { readonly kind: "proven"; readonly version: string | undefined }
  /** It is known; the keys were not proved. */
  | { readonly kind: "known"; readonly version: string | undefined }
  /** The answer is not signed by a pinned key, or not for this host. */
  | { readonly kind: "unsigned"; readonly fault: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "busy" }
  | { readonly kind: "odd"; readonly detail: string }
  /** Nobody was asked. */
  | { readonly kind: "unasked" };

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;

/**
 * @param offline host.toml's
 * @param now milliseconds since the Unix epoch
 */
export function serverLooks(
  looks: readonly ServerLook[],
  { file, offline }: { readonly file: string; readonly offline: "code" | "deny" | "allow" },
  now: number,
): Finding[] {
  const findings = looks.flatMap((look) => [
    ...reached(look, file, looks, offline),
    ...certificate(look, now),
    ...token(look, file),
  ]);
  return findings;
}

const WITHOUT: Readonly<Record<"code" | "deny" | "allow", string>> = {
  code: "Logins ask for a code of the authenticator alone; who has none is locked out.",
  deny: 'Nobody gets in: policy.offline is "deny".',
  allow: 'Everybody gets in with a key or password alone: policy.offline is "allow".',
};

function reached(
  { answered, certificateFault, hint, server }: ServerLook,
  file: string,
  looks: readonly ServerLook[],
  offline: "code" | "deny" | "allow",
): Finding[] {
  if (answered?.ready) return [];
  const others = looks.filter((one) => one.answered?.ready).length;
  const severity = others > 0 ? "warning" : "critical";
  const means = others > 0
    ? `Logins wait for it first, then go to the next; ${
      count(others, "other server")
    } can be reached.`
    : WITHOUT[offline];
  const where = { file };
  if (certificateFault) {
    const what = `${server}: its certificate is not trusted here`;
    return [{ id: "host.certificate-untrusted", severity, where, what, means, mend: hint }];
  }
  if (answered === undefined) {
    const what = `${server} does not answer`;
    return [{ id: "host.server-unreachable", severity, where, what, means, mend: hint }];
  }
  return [{
    id: "host.server-unready",
    severity,
    where,
    what: `${server} answers, and is not ready`,
    means,
    mend: "look at the server's log; it may be starting, or its database may be gone",
  }];
}

function certificate({ certificateEnds: end, server }: ServerLook, now: number): Finding[] {
  if (end === undefined) return [];
  const days = Math.floor((end - now) / DAY_MS);
  if (days >= SOON_DAYS) return [];
  return [{
    id: "host.certificate-ends",
    severity: days < 2 ? "critical" : "warning",
    what: days < 0
      ? `the certificate of ${server} has expired`
      : `the certificate of ${server} expires in ${count(days, "day")}`,
    means: "Then no host talks to that server any more, and only codes let people in.",
    mend: "renew it at the server, and see why that did not happen by itself",
  }];
}

function token({ server, token }: ServerLook, file: string): Finding[] {
  const where = { file };
  switch (token.kind) {
    case "unknown":
      return [{
        id: "host.token-unknown",
        severity: "critical",
        where,
        what: `${server} does not know this host's token`,
        means: "It takes no login of this host: nobody can approve one.",
        mend: "at the server: gatehouse host add NAME; here: gatehouse join URL",
      }];
    case "unsigned":
      return [{
        id: "host.server-key-unknown",
        severity: "critical",
        where,
        what: `${server}: ${token.fault}`,
        means:
          "No approval of it is believed here; its key was changed, or somebody else answers in its place.",
        mend:
          "compare server_keys with the server's (gatehouse host add prints them), then join anew",
      }];
    case "busy":
      return [{
        id: "host.server-busy",
        severity: "info",
        where,
        what: `${server} says that this host asks too often`,
        means: "So it could not be seen whether token and keys are right.",
        mend: "try again in a minute; if it stays so, an account here may be using the token",
      }];
    case "odd":
      return [{
        id: "host.server-odd",
        severity: "warning",
        where,
        what: `${server} gives no usable answer: ${token.detail}`,
        means: "Something else may answer in its place, or it is of another version.",
        mend: "open the address in a browser, and compare gatehouse --version here and there",
      }];
    case "proven":
    case "known":
      return versions(server, token.version);
    case "unasked":
      return [];
  }
}

function versions(server: string, version: string | undefined): Finding[] {
  if (version === undefined || version === VERSION) return [];
  return [{
    id: "host.version-differs",
    severity: "info",
    what: `gatehouse is ${VERSION} here, and ${version} at ${server}`,
    means: "What only the newer one knows does not work between the two.",
    mend: "upgrade the older one, the server first: install.sh upgrade",
  }];
}

/** For who wants to know what holds. */
export function provenOfServers(looks: readonly ServerLook[]): string[] {
  const ready = looks.filter(({ answered }) => answered?.ready).map(({ server }) => server);
  const signed = looks.filter(({ token }) => token.kind === "proven").map(({ server }) => server);
  const known = looks.filter(({ token }) => token.kind === "known").map(({ server }) => server);
  return [
    ...ready.length === 0 ? [] : [`${someOf(ready)} can be reached`],
    ...signed.length === 0
      ? []
      : [`${someOf(signed)} knows this host, and signs with a key that is pinned here`],
    ...known.length === 0 ? [] : [`${someOf(known)} knows this host`],
  ];
}

const ODD_MS = 30_000;
/** What a code may be off, with a window of three (RFC 6238, 5.2). */
const TOO_ODD_MS = 90_000;

interface Clocks {
  /** In milliseconds; empty where no server says its own time. */
  readonly ahead: readonly { readonly server: string; readonly ahead: number }[];
  /** Undefined: the system does not say. */
  readonly kept: boolean | undefined;
  /** Whether a code ever decides here. */
  readonly codesCount: boolean;
}

export function clocks({ ahead, codesCount, kept }: Clocks): Finding[] {
  const findings: Finding[] = [];
  const worst = ahead.toSorted((a, b) => Math.abs(b.ahead) - Math.abs(a.ahead))[0];
  if (worst !== undefined && Math.abs(worst.ahead) >= ODD_MS) {
    const off = Math.round(Math.abs(worst.ahead) / 1000);
    const isTooOdd = Math.abs(worst.ahead) >= TOO_ODD_MS && codesCount;
    findings.push({
      id: "host.clock-off",
      severity: isTooOdd ? "critical" : "warning",
      what: `this machine's clock is ${off} s ${worst.ahead > 0 ? "behind" : "ahead of"} ` +
        `that of ${worst.server}`,
      means: isTooOdd
        ? "Codes of authenticators are taken for codes of another time: nobody gets in by one."
        : "From 90 s on no code of an authenticator is right; an approval is good for 30 s.",
      mend: "see that chrony, ntpd or systemd-timesyncd runs here, and at the server",
    });
  }
  if (kept === false) {
    findings.push({
      id: "host.clock-unkept",
      severity: "warning",
      what: "nothing keeps this machine's clock right",
      means: "It drifts until codes of authenticators are wrong.",
      mend: "install chrony, or: timedatectl set-ntp true",
    });
  }
  if (kept === undefined && ahead.length === 0) {
    findings.push({
      id: "host.clock-unknown",
      severity: "warning",
      what: "it could not be seen whether this machine's clock is right",
      means: "Codes of authenticators are wrong where it is off by more than 90 s.",
      mend: "compare `date -u` with a clock that you trust",
    });
  }
  return findings;
}
