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
import { nameIn } from "./host_config.ts";
import { openSite, type WholeSite } from "./site.ts";

export interface DoctorOptions {
  /** `--root DIR`: a tree that is not this machine. */
  readonly root?: string;
  /** `--config FILE`, a host.toml, as on the machine. */
  readonly config?: string;
  readonly json?: boolean;
  readonly fix?: boolean;
  /** `--quiet`: nothing is printed where nothing is worse than info. */
  readonly quiet?: boolean;
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
  if (options.fix && await fixAll(site, examined, options, out)) {
    examined = await examine(openSite(options.root), config);
  }
  const status = statusOf(examined);
  if (status !== Exit.ok || !options.quiet) {
    const name = nameIn(site.files, config ?? DEFAULT_HOST_CONFIG) ?? site.name;
    if (options.json) out.line(jsonLine(doctorJson(name, site.root, examined)));
    else for (const line of doctorText(name, examined, isStyled(out))) out.line(line);
  }
  if (options.report) {
    // That no server takes it must not hide what is critical.
    const taken = await (status === Exit.config ? tell : report)(examined, config, out);
    if (taken !== undefined && !options.json && !options.quiet) {
      out.line(`reported to ${printable(taken)}`);
    }
  }
  return status;
}

function statusOf({ findings }: Examined): number {
  const verdict = verdictOf(findings);
  return verdict === "critical" ? Exit.config : verdict === "warning" ? EXIT_WARNING : Exit.ok;
}

/** @throws Failure (2) */
function assertSensible(
  { config, every, fix, json, quiet, report, root, watch }: DoctorOptions,
): void {
  const refuse = (what: string, hint: string): never => {
    throw new Failure(Exit.usage, what, hint);
  };
  if (every !== undefined && watch === undefined) {
    refuse("--every belongs to --watch", "gatehouse doctor --watch FILE --every 5m");
  }
  if (watch !== undefined && (json || fix || quiet)) {
    const others = "leave out --json, --fix and --quiet, or --watch";
    refuse("--watch prints nothing and mends nothing", others);
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
  { root, config, report: reports }: DoctorOptions,
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
      if (reports) await tell(examined, config, out);
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

/** @returns the server that has taken it @throws Failure */
async function report(
  { findings }: Examined,
  config: string | undefined,
): Promise<string | undefined> {
  return await (await import("./report.ts")).report(findings, config ?? DEFAULT_HOST_CONFIG);
}

/** Says why it was not taken, and goes on. */
async function tell(
  examined: Examined,
  config: string | undefined,
  out: Out,
): Promise<string | undefined> {
  try {
    return await report(examined, config);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    out.error(`gatehouse: error: ${printable(error.message, 500)}`);
  }
}

/** @returns whether anything was changed */
async function fixAll(
  site: WholeSite,
  examined: Examined,
  { json, quiet }: DoctorOptions,
  out: Out,
): Promise<boolean> {
  const say = (line: string) => json ? out.error(line) : out.line(line);
  const fixes = inOrder(examined.findings).flatMap(fixesOf);
  if (fixes.length === 0) {
    if (!quiet) say("not done: nothing that was found can be mended by --fix");
    return false;
  }
  const { fix } = await import("./fix.ts");
  return fix(site.root, fixes, say);
}

function isStyled(out: Out): boolean {
  if (variable("NO_COLOR") !== undefined) return false;
  return lookOf({ terminal: out.toTerminal, locale: undefined, term: variable("TERM") }).styled;
}
