/** A way past our module, in words. */
import { isGatehouse } from "../pam_stack/gatehouse_line.ts";
import type { PamStack } from "../pam_stack/stack.ts";
import type { Finding } from "./finding.ts";
import type { Bypass } from "./pam_bypass.ts";
import { type Case, lineText, moduleText, witness } from "./pam_login.ts";
import type { Way } from "./pam_paths.ts";

type Words = Omit<Finding, "where" | "witness" | "fix">;

export function bypassFinding(stack: PamStack, one: Case, bypass: Bypass): Finding {
  const words = bypassWords(stack, bypass);
  const { way, cause } = bypass;
  return { ...words, where: cause.entry.where, witness: witness(one.accounts, way) };
}

function bypassWords(stack: PamStack, { way, cause, kind }: Bypass): Words {
  const { service } = stack;
  const line = lineText(cause.entry, stack.type);
  const { proofs } = way.facts;
  const shown = proofs.includes("password") ? "the password alone" : "nothing at all";
  if (kind === "gate-by-place") {
    return {
      id: "pam.let-by-place",
      severity: "warning",
      what: `whether ${service} asks for the factor depends on more than the account: ${line}`,
      means: "Whoever comes from such a place is not asked, and nothing logs it as an exemption.",
      mend: "say exempt_sources in host.toml instead, or take the line away",
    };
  }
  if (proofs.includes("factor") || proofs.includes("unknown")) {
    const unknown = !proofs.includes("factor");
    return {
      id: unknown ? "pam.bypass-unknown" : "pam.other-factor",
      severity: "warning",
      what: `${moduleText(cause.entry)} can be asked in the place of our module in ${service}`,
      means: unknown
        ? "Nobody here knows what its success proves, and with it our factor is not needed."
        : "Who has that other factor is not asked for ours; freezing an account does not stop them.",
      mend: `where that is not meant, take the line away or put it behind ours: ${line}`,
    };
  }
  if (kind === "refused-in-vain" || kind === "reset") {
    return {
      id: "pam.not-required",
      severity: "critical",
      what: `${service} lets people in although our module said ${refusalOf(way)}: ${line}`,
      means: `${sentence(shown)} is enough to get in: the factor is asked for and does not count.`,
      mend: kind === "reset"
        ? "take `reset` out of that line"
        : "make our line `auth required pam_gatehouse.so`",
    };
  }
  return {
    id: kind === "ends" ? "pam.sufficient-above" : "pam.jumps-over",
    severity: "critical",
    what: kind === "ends"
      ? `a line above ours ends the stack of ${service} with success: ${line}`
      : `a line above ours jumps over it in ${service}: ${line}`,
    means: `${sentence(shown)} is enough to get in: the factor is never asked for.`,
    mend: kind === "ends"
      ? "put our line above it, or make it `[success=ok default=die]` or `requisite`"
      : "correct the number in its brackets: lines were added or taken away behind it",
  };
}

function refusalOf({ steps }: Way): string {
  return steps.find(({ entry }) => isGatehouse(entry))?.result ?? "no";
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
