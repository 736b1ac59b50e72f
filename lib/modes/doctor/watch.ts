/** `gatehouse doctor --watch FILE`: examines again and again, and tells a file for Prometheus. */
import { type Examined } from "../../core/doctor/finding.ts";
import { doctorMetrics } from "../../core/doctor/metrics.ts";
import { describeError, Failure } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";

export interface Watched {
  /** One examination. */
  readonly examine: () => Promise<Examined>;
  /** @throws Failure when the metrics cannot be written */
  readonly write: (metrics: string) => Promise<void>;
  /** Where faults are told. */
  readonly error: (line: string) => void;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** True: it is time for another one. False: it is to end. */
  readonly next: () => Promise<boolean>;
}

/** @throws Failure when the very first metrics cannot be written */
export async function watch({ examine, write, error, now, next }: Watched): Promise<void> {
  let lastRun: number | undefined;
  let isFirst = true;
  do {
    let findings: Examined["findings"] | undefined;
    try {
      findings = (await examine()).findings;
      lastRun = now();
    } catch (thrown) {
      error(describe(thrown));
    }
    try {
      await write(doctorMetrics({ findings, lastRun }));
    } catch (thrown) {
      if (isFirst) throw thrown;
      error(describe(thrown));
    }
    isFirst = false;
  } while (await next());
}

/** In one line. */
function describe(error: unknown): string {
  const why = error instanceof Failure ? error.message : describeError(error);
  return `gatehouse: error: ${printable(why, 500)}`;
}
