/**
 * What a host's doctor found, as the host tells the server: signed with a key that only root of the host
 * has, for every account of it can read the token, and none of them must be able to say that all is well.
 * The server keeps to the key that came when the host joined, which root does first, with a token that nobody
 * else has used; where none came, to the first that a report comes with.
 */
import * as v from "valibot";
import { type Finding, SEVERITIES, type Severity } from "./doctor/finding.ts";
import { verifiedClaims } from "./jws.ts";
import { isPrintable } from "./text.ts";
import { parseServerKey } from "./verdict_key.ts";

export const REPORT_PATH = "/api/v1/report";

/** In the header (RFC 7515 4.1.9). */
export const REPORT_TYPE = "gatehouse-report";
/** Findings of one report, the worst first; more would not fit into a request, and nobody reads more. */
export const MOST_FINDINGS = 16;
export const LONGEST_FINDING = 120;
export const LONGEST_ID = 64;
/** A host's clock may be as wrong as codes allow, and then some. */
const CLOCKS_APART_MS = 10 * 60_000;

/** "ok": nothing worse than info. */
const VERDICTS = ["critical", "warning", "ok"] as const;
export type HostVerdict = typeof VERDICTS[number];

export const ReportKey = v.pipe(
  v.string(),
  v.check((text) => parseServerKey(text) !== undefined, "must be an Ed25519 key"),
);

/** `POST /api/v1/report` */
export const ReportRequest = v.strictObject({
  key: ReportKey,
  /** Compact JWS. */
  report: v.pipe(v.string(), v.maxLength(14_000)),
});
export type ReportRequest = v.InferOutput<typeof ReportRequest>;

const text = (longest: number) =>
  v.pipe(v.string(), v.minLength(1), v.maxLength(2 * longest), v.check(isPrintable));
const ReportedFinding = v.strictObject({
  id: text(LONGEST_ID),
  severity: v.picklist(SEVERITIES),
  what: text(LONGEST_FINDING),
});
export type ReportedFinding = v.InferOutput<typeof ReportedFinding>;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Claims = v.object({
  aud: v.literal("gatehouse server"),
  iat: count,
  sub: v.string(),
  verdict: v.picklist(VERDICTS),
  counts: v.strictObject({ critical: count, warning: count, info: count }),
  findings: v.pipe(v.array(ReportedFinding), v.maxLength(MOST_FINDINGS)),
});

/** What the server keeps of a host. */
export interface HostReport {
  /** The hash of the host's token: who is added anew begins anew. */
  readonly id: string;
  /** `ed25519:…`, the only one that is believed. */
  readonly key: string;
  readonly verdict: HostVerdict;
  readonly counts: Readonly<Record<Severity, number>>;
  /** The worst. */
  readonly findings: readonly ReportedFinding[];
  /** By the host's clock, in milliseconds since the Unix epoch. */
  readonly madeAt: number;
  readonly receivedAt: number;
}

export function verdictOf(findings: readonly Pick<Finding, "severity">[]): HostVerdict {
  const has = (severity: Severity) => findings.some((one) => one.severity === severity);
  return has("critical") ? "critical" : has("warning") ? "warning" : "ok";
}

/**
 * @param id the hash of the token that it came with @param host the name that goes with it
 * @param now milliseconds since the Unix epoch
 */
export async function readReport(
  { key, report }: ReportRequest,
  { id, host }: { readonly id: string; readonly host: string },
  now: number,
): Promise<HostReport | "forged" | "untimely"> {
  const form = { typ: REPORT_TYPE, requiredClaims: ["aud", "iat", "sub", "verdict"] };
  const signed = await verifiedClaims(report, [parseServerKey(key) ?? new Uint8Array()], form, now);
  const claims = v.safeParse(Claims, signed);
  if (!claims.success || claims.output.sub !== host) return "forged";
  const { iat, verdict, counts, findings } = claims.output;
  const madeAt = iat * 1000;
  if (Math.abs(madeAt - now) > CLOCKS_APART_MS) return "untimely";
  return { id, key, verdict, counts, findings, madeAt, receivedAt: now };
}
