/** All examinations of the doctor, one after another; none that fails keeps the others from being made. */
import { type Examined, type Finding, inOrder } from "../../core/doctor/finding.ts";
import { NOTHING_KNOWN } from "../../core/doctor/sshd_reliance.ts";
import { describeError, Failure } from "../../core/errors.ts";
import { isRootless } from "./rootless.ts";
import type { WholeSite } from "./site.ts";

/** @param config host.toml as given with `--config`, as on the machine */
export async function examine(site: WholeSite, config?: string): Promise<Examined> {
  const findings: Finding[] = [];
  const proven: string[] = [];
  const attempt = async <T>(what: string, make: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await make();
    } catch (error) {
      findings.push(unexamined(what, error, isRootless(site)));
    }
  };
  const sshd = await attempt("sshd", async () => {
    const { examineSshd } = await import("./sshd.ts");
    return await examineSshd(site, config);
  });
  const reliance = sshd?.reliance ?? NOTHING_KNOWN;
  const pam = await attempt("PAM", async () => {
    const { examinePam } = await import("./pam.ts");
    return examinePam(site, reliance);
  });
  const host = await attempt("the host", async () => {
    const { examineHost } = await import("./host.ts");
    return await examineHost(site, reliance, config);
  });
  const server = await attempt("the approval server", async () => {
    const { examineServer } = await import("./server.ts");
    return await examineServer(site);
  });
  findings.push(
    ...sshd?.findings ?? [],
    ...pam ?? [],
    ...host?.findings ?? [],
    ...server ?? [],
    ...rootless(site),
  );
  proven.push(...sshd?.proven ?? [], ...host?.proven ?? []);
  return { findings: inOrder(findings), proven };
}

function unexamined(what: string, error: unknown, rootless: boolean): Finding {
  const refused = error instanceof Failure ? error : undefined;
  return {
    id: "doctor.unknown",
    severity: refused !== undefined && rootless ? "warning" : "critical",
    what: `${what} could not be examined: ${refused?.message ?? describeError(error)}`,
    means: "Nothing is known of whether it is as it should be.",
    mend: refused === undefined
      ? "this is a fault of gatehouse, please tell us"
      : rootless
      ? "sudo gatehouse doctor"
      : refused.hint ?? "see what it is",
  };
}

function rootless(site: WholeSite): Finding[] {
  if (!isRootless(site)) return [];
  return [{
    id: "doctor.not-root",
    severity: "warning",
    what: "this was not run by root",
    means: "What only root may read was not examined, and may pass for missing.",
    mend: "sudo gatehouse doctor",
  }];
}
