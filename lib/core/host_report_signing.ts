/** A host's word on what its doctor found. Apart from host_report.ts, which logins load: they load no JOSE. */
import { type CryptoKey, SignJWT } from "jose";
import { type Finding, SEVERITIES, type Severity } from "./doctor/finding.ts";
import {
  LONGEST_FINDING,
  LONGEST_ID,
  MOST_FINDINGS,
  REPORT_TYPE,
  type ReportRequest,
  verdictOf,
} from "./host_report.ts";
import { printable } from "./text.ts";
import { formatServerKey } from "./verdict_key.ts";

/** @param host its name at the server @param now milliseconds since the Unix epoch */
export async function signReport(
  findings: readonly Finding[],
  host: string,
  { key, publicKey }: { readonly key: CryptoKey; readonly publicKey: Uint8Array },
  now: number,
): Promise<ReportRequest> {
  const of = (wanted: Severity) => findings.filter(({ severity }) => severity === wanted);
  const counts = {
    critical: of("critical").length,
    warning: of("warning").length,
    info: of("info").length,
  };
  const shown = SEVERITIES.flatMap(of).slice(0, MOST_FINDINGS).map(({ id, severity, what }) => ({
    id: printable(id, LONGEST_ID),
    severity,
    what: printable(what, LONGEST_FINDING),
  }));
  const claims = { aud: "gatehouse server", sub: host, verdict: verdictOf(findings), counts };
  const report = await new SignJWT({ ...claims, findings: shown })
    .setProtectedHeader({ alg: "EdDSA", typ: REPORT_TYPE })
    .setIssuedAt(Math.floor(now / 1000))
    .sign(key);
  return { key: formatServerKey(publicKey), report };
}
