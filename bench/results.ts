/** The table of results, and bench/results.md. */
import { digits } from "./figures.ts";

export interface Row {
  readonly what: string;
  readonly ours: string;
  /** What it is compared with, each measured in the same run. */
  readonly references: readonly Reference[];
  readonly goal: string;
  readonly met: boolean;
}

export interface Reference {
  readonly name: string;
  readonly figures: string;
  /** gatehouse divided by the reference. */
  readonly ratio: string;
}

export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly memory: string;
  readonly system: string;
  /** Of the folder with the server's database. */
  readonly filesystem: string;
  readonly fdatasyncMs: number;
  readonly openssh: string;
  readonly deno: string;
  readonly seconds: number;
  /** Load average of the last minute, before and after. */
  readonly load: readonly [string, string];
}

const HEADER = `# Results

Written by \`deno task bench\`; how each row is measured stands in [README.md](README.md). Each row
was measured side by side with its reference in this one run, in turns where time counts. Figures
are \`median (least … greatest)\`; a ratio is gatehouse divided by the reference.
`;

export function resultsFile(rows: readonly Row[], machine: Machine): string {
  return `${HEADER}\n${about(machine)}\n\n${table(rows)}\n`;
}

function about(machine: Machine): string {
  const [before, after] = machine.load;
  const facts = [
    ["date", machine.date],
    ["processor", `${machine.processor}, ${machine.cores} cores`],
    ["memory", machine.memory],
    ["system", machine.system],
    ["database on", `${machine.filesystem}, fdatasync(2) ${digits(machine.fdatasyncMs)} ms`],
    ["sshd", machine.openssh],
    ["runtime", `Deno ${machine.deno}, compiled`],
    ["the run", `${machine.seconds} s, load average ${before} before and ${after} after`],
  ];
  return facts.map(([name, value]) => `- ${name}: ${value}`).join("\n");
}

export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ what, ours, references, goal, met }) => {
    const peers = references.map(({ name, figures }) => `${name}: ${figures}`).join("<br>");
    const ratios = references.map(({ ratio }) => ratio).join("<br>");
    return cells([what, ours, peers, ratios, goal, met ? "yes" : "**no**"]);
  });
  const names = ["what", "gatehouse", "reference", "ratio", "goal", "met"];
  return [cells(names), cells(names.map(() => "---")), ...lines].join("\n");
}

function cells(texts: readonly string[]): string {
  return `| ${texts.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
}
