/** `gatehouse doctor --report`: what was found, sent to the approval server (docs/doctor.md). */
import { hasServers, parseHostConfig } from "../../config/host.ts";
import type { Finding } from "../../core/doctor/finding.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { signReport } from "../../core/host_report_signing.ts";
import { sendReport } from "../../io/approval_report.ts";
import { systemClock } from "../../io/clock.ts";
import { hostKeyPath, readHostKey } from "../../io/host_key.ts";
import { reportKey } from "../../io/report_key.ts";
import { readTrusted } from "../../io/secure_file.ts";
import { forgetSteering } from "../../io/surroundings.ts";
import { trustSystemRoots } from "../../io/tls_roots.ts";

/**
 * @param path host.toml
 * @returns the server that has taken it; undefined: a host of codes alone tells nobody
 * @throws Failure: 75 when no server takes it, 77 for who is not root, 78 when this host has no key
 */
export async function report(
  findings: readonly Finding[],
  path: string,
): Promise<string | undefined> {
  if (Deno.uid() !== 0) {
    throw new Failure(Exit.denied, "only root may report", "the key that signs it is root's alone");
  }
  const file = parseHostConfig(readTrusted(path, [0]), path);
  if (!hasServers(file)) return undefined;
  const pair = readHostKey(hostKeyPath(path));
  if (pair === undefined) {
    throw new Failure(
      Exit.config,
      `this host has no key: there is no ${hostKeyPath(path)}`,
      "at the server: gatehouse host revoke NAME, gatehouse host add NAME; then join as root anew",
    );
  }
  forgetSteering();
  trustSystemRoots();
  const { servers, host, host_token: token } = file;
  const signed = await signReport(findings, host, await reportKey(pair), systemClock.now());
  const sent = await sendReport({ servers, token }, signed);
  if ("taken" in sent) return sent.taken;
  throw new Failure(
    Exit.unreachable,
    `the report was not taken: ${sent.why}`,
    "it is sent anew by the next run",
  );
}
