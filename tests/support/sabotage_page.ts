/** docs/sabotage.md, from the cases. Run by itself, it writes that file. */
import type { Broken, Good } from "./sabotage.ts";
import { VARIATIONS } from "./sabotage_good.ts";
import { HOST_FILES, HOST_SETTINGS } from "./sabotage_host.ts";
import { TREES } from "./install_pam.ts";
import { PAM_BYPASSES, PAM_LOCKOUTS, PAM_MISTAKES } from "./sabotage_pam.ts";
import { SSHD_AROUND, SSHD_GATE, SSHD_PAM } from "./sabotage_sshd.ts";

export const PAGE = new URL("../../docs/sabotage.md", import.meta.url).pathname;

const BROKEN: readonly (readonly [title: string, cases: readonly Broken[]])[] = [
  ["Ways round sshd's block", SSHD_AROUND],
  ["What a gate that is a forced command needs", SSHD_GATE],
  ["What sshd has to do for PAM", SSHD_PAM],
  ["Ways past our line in PAM", PAM_BYPASSES],
  ["PAM that lets nobody in", PAM_LOCKOUTS],
  ["Other mistakes in PAM", PAM_MISTAKES],
  ["host.toml", HOST_SETTINGS],
  ["Files", HOST_FILES],
];

export const ALL_BROKEN: readonly Broken[] = BROKEN.flatMap(([, cases]) => cases);

/** Each tree with each option that a case is made from, and all distributions in all modes. */
const AS_INSTALLED: readonly Good[] = [
  ...new Set([
    ...TREES.flatMap((tree) => ["pam", "gate", "both"].map((mode) => `${tree} --mode ${mode}`)),
    ...[...ALL_BROKEN, ...VARIATIONS].filter((one) => !("before" in one))
      .map(({ install, tree }) => `${tree} ${install}`),
  ]),
].toSorted().map((key) => {
  const tree = TREES.find((name) => key.startsWith(`${name} `));
  if (tree === undefined) throw new Error(key);
  return { what: "as installed", tree, install: key.slice(tree.length + 1) };
});

export const ALL_GOOD: readonly Good[] = [...AS_INSTALLED, ...VARIATIONS];

export function page(): string {
  return `# Broken on purpose

What the doctor ([doctor.md](doctor.md)) is tried on. Each row begins with a distribution's own
files, on which \`install.sh host\` has been run, and in which the doctor finds nothing to warn of.
Then one thing is broken. The doctor must find it, say it with that severity, and name the file and
the line; and it must warn of nothing else, unless that comes of the same change.

${ALL_BROKEN.length} broken ones, ${ALL_GOOD.length} good ones.

The cases are data, \`tests/support/sabotage_*.ts\`; \`tests/e2e/doctor_sabotage_test.ts\` runs them.
\`deno run -A tests/support/sabotage_page.ts\` makes this page from them.

${BROKEN.map(([title, cases]) => `## ${title}\n\n${brokenTable(cases)}`).join("\n\n")}

## Good ones

Nothing critical and no warning, but for what is named: a warning that is true of a choice.

${goodTable()}
`;
}

function brokenTable(cases: readonly Broken[]): string {
  return table(
    ["what was broken", "where it was", "finding", "severity", "where the doctor finds it"],
    cases.map(({ at, finds, install, tree, what }) => {
      const [severity = "", id = ""] = finds.split(" ");
      return [what, `${tree}, \`${install}\``, `\`${id}\``, severity, placeOf(at)];
    }),
  );
}

function placeOf(at: Broken["at"]): string {
  if (at === undefined) return "no file";
  const [file, line] = at;
  return line === undefined ? `\`${file}\`` : `\`${file}\`: \`${line.replaceAll(/\s+/g, " ")}\``;
}

function goodTable(): string {
  return table(
    ["what there is", "where", "warnings"],
    ALL_GOOD.map(({ install, says = [], tree, what }) => [
      what,
      `${tree}, \`${install}\``,
      says.length === 0 ? "none" : says.map((one) => `\`${one.split(" ")[1]}\``).join(", "),
    ]),
  );
}

/** As `deno fmt` writes it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[], fill: string) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0, fill)).join(" | ")} |`;
  const [first = "", ...others] = cells.map((row) => line(row, " "));
  return [first, line(head.map(() => ""), "-"), ...others].join("\n");
}

if (import.meta.main) await Deno.writeTextFile(PAGE, page());
