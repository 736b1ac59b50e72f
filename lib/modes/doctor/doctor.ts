/** `gatehouse doctor`: is this host really guarded, and will anyone be locked out? See docs/doctor.md. */
import * as v from "valibot";
import { DEFAULT_HOST_CONFIG } from "../../config/host.ts";
import { type Examined, fixesOf, inOrder } from "../../core/doctor/finding.ts";
import { doctorJson } from "../../core/doctor/json.ts";
import { doctorText } from "../../core/doctor/text.ts";
import { Exit, Failure } from "../../core/errors.ts";
import { verdictOf } from "../../core/host_report.ts";
import { lookOf } from "../../core/terminal_look.ts";
import { jsonLine, printable } from "../../core/text.ts";
import { duration } from "../../core/values.ts";
import { systemClock } from "../../io/clock.ts";
import type { Out } from "../../io/out.ts";
import { stopSignal } from "../../io/signals.ts";
import { forgetSteering, variable } from "../../io/surroundings.ts";
import { after } from "../../io/timers.ts";
import { trustSystemRoots } from "../../io/tls_roots.ts";
import { examine } from "./examine.ts";
import { openSite, type WholeSite } from "./site.ts";

export interface DoctorOptions {
  /** `--root DIR`: a tree that is not this machine. */
  readonly root?: string;
  /** `--config FILE`, a host.toml, as on the machine. */
  readonly config?: string;
  readonly json?: boolean;
  readonly fix?: boolean;
  /** `--report`: to the approval server. */
  readonly report?: boolean;
  /** `--watch FILE` */
  readonly watch?: string;
  /** `--every TIME` */
  readonly every?: string;
}

/** What monitoring takes for a warning; sysexits has no word for it. */
const EXIT_WARNING = 1;
const DEFAULT_EVERY_MS = 5 * 60_000;

/** @returns the exit status: 0, 1 with warnings, 78 with anything critical @throws Failure */
export async function doctor(options: DoctorOptions, out: Out): Promise<number> {
  assertSensible(options);
  forgetSteering();
  trustSystemRoots();
  const { config } = options;
  if (options.watch !== undefined) {
    await watchOn(options.watch, everyMs(options.every), options, out);
    return Exit.ok;
  }
  const site = openSite(options.root);
  let examined = await examine(site, config);
  if (options.fix && await fixAll(site, examined, options.json === true, out)) {
    examined = await examine(openSite(options.root), config);
  }
  if (options.json) out.line(jsonLine(doctorJson(site.name, site.root, examined)));
  else for (const line of doctorText(site.name, examined, isStyled(out))) out.line(line);
  if (options.report) {
    await (await import("./report.ts")).report(examined.findings, config ?? DEFAULT_HOST_CONFIG);
  }
  return statusOf(examined);
}

function statusOf({ findings }: Examined): number {
  const verdict = verdictOf(findings);
  return verdict === "critical" ? Exit.config : verdict === "warning" ? EXIT_WARNING : Exit.ok;
}

/** @throws Failure (2) */
function assertSensible({ config, every, fix, json, report, root, watch }: DoctorOptions): void {
  const refuse = (what: string, hint: string): never => {
    throw new Failure(Exit.usage, what, hint);
  };
  if (every !== undefined && watch === undefined) {
    refuse("--every belongs to --watch", "gatehouse doctor --watch FILE --every 5m");
  }
  if (watch !== undefined && (json || fix)) {
    refuse("--watch prints nothing and mends nothing", "leave out --json and --fix, or --watch");
  }
  if (report && root !== undefined) {
    refuse("--report tells of this machine", "leave out --root, or --report");
  }
  if (config !== undefined && !config.startsWith("/")) {
    refuse(`${printable(config)} is relative`, "name host.toml as it is called on the machine");
  }
}

const Every = duration(1_000, 24 * 3_600_000);

function everyMs(text: string | undefined): number {
  if (text === undefined) return DEFAULT_EVERY_MS;
  const given = v.safeParse(Every, text);
  if (given.success) return given.output;
  throw new Failure(Exit.usage, `--every ${given.issues[0].message}`, "as in: --every 5m");
}

async function watchOn(
  file: string,
  every: number,
  { root, config, report }: DoctorOptions,
  out: Out,
): Promise<void> {
  const [{ watch }, { writeMetrics }] = await Promise.all([
    import("./watch.ts"),
    import("../../io/metrics_file.ts"),
  ]);
  let isOver = false;
  const over = stopSignal().then(() => {
    isOver = true;
  });
  await watch({
    examine: async () => {
      const examined = await examine(openSite(root), config);
      if (report) await tell(examined, config, out);
      return examined;
    },
    write: (metrics) => writeMetrics(file, metrics),
    error: (line) => out.error(line),
    now: () => systemClock.now(),
    next: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = after(every, resolve);
      if (!isOver) await Promise.race([promise, over]);
      cancel();
      return !isOver;
    },
  });
}

/** That no server takes it must not end the watch. */
async function tell({ findings }: Examined, config: string | undefined, out: Out): Promise<void> {
  try {
    await (await import("./report.ts")).report(findings, config ?? DEFAULT_HOST_CONFIG);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    out.error(`gatehouse: error: ${printable(error.message, 500)}`);
  }
}

/** @returns whether anything was changed */
async function fixAll(
  site: WholeSite,
  examined: Examined,
  quiet: boolean,
  out: Out,
): Promise<boolean> {
  const fixes = inOrder(examined.findings).flatMap(fixesOf);
  if (fixes.length === 0) return false;
  const { fix } = await import("./fix.ts");
  return fix(site.root, fixes, (line) => quiet ? out.error(line) : out.line(line));
}

function isStyled(out: Out): boolean {
  if (variable("NO_COLOR") !== undefined) return false;
  return lookOf({ terminal: out.toTerminal, locale: undefined, term: variable("TERM") }).styled;
}
