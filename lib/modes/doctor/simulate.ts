/** `gatehouse doctor simulate`: what libpam makes of a service's stack, and on which way. */
import { Exit, Failure } from "../../core/errors.ts";
import {
  assumed,
  type Assumption,
  moduleName,
  readAssumptions,
  unusedIn,
} from "../../core/pam_stack/assumptions.ts";
import {
  type Outcome,
  PAM_CALLS,
  type PamCall,
  type PamPass,
  type Passed,
  type ResultOf,
  runCall,
} from "../../core/pam_stack/calls.ts";
import { isKnown, knownResult, usualResults } from "../../core/pam_stack/known_modules.ts";
import { readStack } from "../../core/pam_stack/read.ts";
import {
  DEBIAN_FOLDERS,
  type PamEntry,
  type PamFiles,
  type PamRefusal,
  type PamResult,
  type PamStack,
  type PamType,
} from "../../core/pam_stack/stack.ts";
import { jsonLine, printable } from "../../core/text.ts";
import type { Out } from "../../io/out.ts";
import { pamFiles, pamModules } from "./pam_files.ts";
import { openTree } from "./site.ts";

export interface SimulateOptions {
  readonly type: PamType;
  /** Default: the first of the type. */
  readonly call?: string;
  readonly root?: string;
  readonly assume?: readonly string[];
  readonly json?: boolean;
}

/** @throws Failure (2) where the result of a module is not known, (78) where a file cannot be read */
export function simulate(service: string, options: SimulateOptions, out: Out): void {
  const call = callOf(options);
  const assumptions = readAssumptions(options.assume ?? []);
  const tree = openTree(options.root).files;
  const files = pamFiles(tree);
  const stack = readStack(service, options.type, files);
  if ("refused" in stack) return tellRefusal(stack, options, out);
  if (!hasFile(stack, files)) {
    out.error(`gatehouse: hint: ${printable(stack.service, 80)} has no file: libpam takes "other"`);
  }
  for (const { of } of unusedIn(stack.entries, assumptions)) {
    out.error(`gatehouse: hint: no line of this stack is ${printable(of, 80)}`);
  }
  const isThere = pamModules(tree);
  for (const module of nowhere(stack, assumptions, isThere)) {
    out.error(`gatehouse: hint: ${printable(module, 128)} is nowhere, so libpam cannot load it`);
  }
  const outcome = runCall(stack, call, results(stack, assumptions, missingIn(isThere)));
  if (options.json === true) out.line(asJson(outcome, stack));
  else tell(call, outcome, stack, out);
}

function callOf({ type, call }: SimulateOptions): PamCall {
  const calls: readonly PamCall[] = PAM_CALLS[type];
  const one = call === undefined ? calls[0] : calls.find((each) => each === call);
  if (one !== undefined) return one;
  throw new Failure(
    Exit.usage,
    `pam_${printable(call ?? "", 64)} has no stack of type ${type}`,
    `--call takes ${calls.join(" or ")} there`,
  );
}

function hasFile({ service }: PamStack, { folders = DEBIAN_FOLDERS, folder, text }: PamFiles) {
  // Without such a folder there is pam.conf, for all.
  const there = folders.services.filter((path) => folder?.(path));
  return there.length === 0 || there.some((path) => text(`${path}/${service}`) !== undefined);
}

/** Undefined: the tree holds no modules at all, as when it was made for this. */
type IsThere = (module: string) => boolean | undefined;

/** Without modules to look at, those are taken for there that systems are known to have. */
function missingIn(isThere: IsThere): (entry: PamEntry) => boolean {
  return (entry) => !(isThere(entry.module) ?? isKnown(entry));
}

/** What nobody has said a result of, and what is not plainly missing from the tree's own modules. */
function nowhere(
  { entries }: PamStack,
  assumptions: readonly Assumption[],
  isThere: IsThere,
): readonly string[] {
  const modules = entries.filter((entry) =>
    entry.kind === "module" && isThere(entry.module) === undefined && !isKnown(entry) &&
    assumed(entry, assumptions) === undefined
  ).map(({ module }) => module);
  return [...new Set(modules)];
}

function results(
  stack: PamStack,
  assumptions: readonly Assumption[],
  isMissing: (entry: PamEntry) => boolean,
): ResultOf {
  const resultOf = (...[entry, pass]: Parameters<ResultOf>) =>
    assumed(entry, assumptions) ??
      (isMissing(entry) ? "module_unknown" : knownResult(entry, pass));
  return (entry, pass, index) => {
    const result = resultOf(entry, pass, index);
    if (result !== undefined) return result;
    const unknown = stack.entries.slice(index)
      .filter((each) => each.kind === "module" && resultOf(each, pass, index) === undefined);
    throw unknownResults(unknown, pass);
  };
}

function unknownResults(entries: PamStack["entries"], pass: PamPass): Failure {
  const lines = entries.map(({ module, where }) =>
    `the result of ${printable(module, 128)} is not known (${at(where)})`
  );
  const usual = new Map<string, readonly PamResult[]>();
  for (const entry of entries) {
    const name = printable(moduleName(entry.module), 128);
    if (!usual.has(name)) usual.set(name, usualResults(entry, pass));
  }
  const assume = [...usual].map(([name, [first]]) => `${name}=${first}`).join(",");
  const others = [...usual].flatMap(([name, [, ...more]]) => more.map((one) => `${name}=${one}`));
  const or = others.length === 0 ? "" : `, or ${others.join(", ")} for those on its other side`;
  return new Failure(
    Exit.usage,
    lines.join("\n"),
    `say what each returns: --assume ${assume}${or}; or FILE:LINE=RESULT for one line`,
  );
}

function tellRefusal({ where, refused }: PamRefusal, options: SimulateOptions, out: Out): void {
  if (options.json === true) {
    out.line(jsonLine({ result: "abort", path: [], refused: { ...where, why: refused } }));
  } else {
    out.line("pam_start: abort");
    out.line(`  ${at(where)}: ${printable(refused)}`);
  }
}

function asJson({ result, path }: Outcome, { entries, oddities }: PamStack): string {
  return jsonLine({
    result,
    path: path.filter(isDecisive).map(({ entry, pass, result, action }) => ({
      ...entry.where,
      module: entry.module,
      control: entry.control,
      result,
      action: action ?? null,
      call: pass,
    })),
    files: filesOf({ entries }),
    oddities: oddities.map(({ where, why }) => ({ ...where, why })),
  });
}

function tell(call: PamCall, { result, path }: Outcome, stack: PamStack, out: Out): void {
  for (const { where, why } of stack.oddities) {
    out.error(`gatehouse: hint: ${at(where)}: ${printable(why)}`);
  }
  out.line(`pam_${call}: ${result}`);
  if (stack.entries.length === 0) out.line(`  no line is of type ${stack.type}`);
  for (const { entry, pass, result, action } of path.filter(isDecisive)) {
    const line = `${at(entry.where)}: ${printable(entry.control)} ${printable(entry.module)}`;
    const jump = typeof action === "number" ? `jump ${action}` : action;
    const walk = pass === call ? "" : `pam_${pass}: `;
    out.line(`  ${walk}${line}: ${result}${jump === undefined ? "" : `, ${jump}`}`);
  }
  const files = filesOf(stack).map((file) => printable(file));
  if (files.length > 0) out.line(`read: ${files.join(", ")}`);
}

/** Those that have a line of the stack. */
function filesOf({ entries }: Pick<PamStack, "entries">): string[] {
  return [...new Set(entries.map(({ where }) => where.file))];
}

/** A substack's own line is neither asked nor does it do anything. */
function isDecisive({ result }: Passed): boolean {
  return result !== undefined;
}

function at({ file, line }: { file: string; line: number }): string {
  return printable(line === 0 ? file : `${file}:${line}`);
}
