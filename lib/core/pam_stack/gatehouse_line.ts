/** Our own line in a stack: pam_gatehouse.so, or `gatehouse pam` under pam_exec. */
import { Failure } from "../errors.ts";
import { type PamOptions, readPamOptions } from "../pam_options.ts";
import type { PamEntry, PamResult, PamType } from "./stack.ts";

type Line = Pick<PamEntry, "module" | "args" | "kind">;

const MODULE = /(^|\/)pam_gatehouse\.so$/;

export function isGatehouse(entry: Line): boolean {
  return entry.kind === "module" && (MODULE.test(entry.module) || programAt(entry) >= 0);
}

/** Where pam_exec's arguments begin to be ours; -1: it starts something else. */
function programAt({ module, args }: Line): number {
  if (!/(^|\/)pam_exec\.so$/.test(module)) return -1;
  return args.findIndex((arg, at) => /(^|\/)gatehouse$/.test(arg) && args[at + 1] === "pam");
}

interface GatehouseLine {
  /** Undefined: the line is refused. */
  readonly options?: PamOptions;
  /** Why nobody passes by this line. */
  readonly refused?: string;
  /** pam_exec can ask nothing, and knows only success and failure. */
  readonly underExec: boolean;
}

/** What the line says to our module, judged as the module itself will judge it. */
export function readGatehouseLine(entry: Line): GatehouseLine {
  const at = programAt(entry);
  const underExec = at >= 0;
  const args = underExec
    ? entry.args.slice(at + 2)
    : entry.args.filter((arg) => !arg.startsWith("helper=")).flatMap((arg) => ["--option", arg]);
  try {
    const options = readPamOptions(args);
    if (underExec && options.mode === "pin") {
      return { refused: "mode=pin has to ask, and pam_exec cannot", underExec };
    }
    return { options, underExec };
  } catch (error) {
    if (error instanceof Failure) return { refused: error.message, underExec };
    throw error;
  }
}

/** docs/pam.md, "What PAM is told"; the other types are pam_gatehouse.c's constants. */
export function gatehouseResults(entry: Line, type: PamType): readonly PamResult[] {
  const { refused, underExec } = readGatehouseLine(entry);
  if (underExec) {
    if (execSkips(entry, type)) return ["ignore"];
    return refused === undefined && type === "auth" ? ["success", "system_err"] : ["system_err"];
  }
  if (type === "password") return ["service_err"];
  if (type !== "auth") return ["success"];
  return refused === undefined
    ? ["success", "auth_err", "ignore", "authinfo_unavail", "conv_err", "abort"]
    : ["auth_err"];
}

/** pam_exec(8): with `type=` it does nothing for the others. */
export function execSkips({ args }: Pick<PamEntry, "args">, type: PamType): boolean {
  const only = args.find((arg) => arg.startsWith("type="))?.slice("type=".length);
  return only !== undefined && only !== (type === "session" ? "open_session" : type);
}

/** Agreed: the factor was passed, or the account is exempt from it, for which the word is "ignore". */
export function agrees(result: PamResult): boolean {
  return result === "success" || result === "ignore";
}
