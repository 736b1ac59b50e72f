/** Changes of google-authenticator's state file; what they do not concern stays as it is, where it is. */
import { Exit, Failure } from "./errors.ts";
import { parseStateFile, type StateFile } from "./state_file.ts";
import { codeIn, type Line, linesOf, optionOf, scratchLines } from "./state_lines.ts";

/**
 * Replaces the option's first line and removes its others; a new one follows line 1, which is where
 * google-authenticator puts it.
 */
export function setOption(file: StateFile, name: string, value: string): StateFile {
  const lines = linesOf(file.text);
  const content = `" ${name} ${value}`;
  const at = lines.findIndex((line) => optionOf(line.content)?.name === name);
  if (at >= 0) {
    return reparse([
      ...lines.slice(0, at),
      { content, end: lines[at]?.end || "\n" },
      ...lines.slice(at + 1).filter((line) => optionOf(line.content)?.name !== name),
    ]);
  }
  const [first, ...rest] = lines;
  const secret = { content: first?.content ?? "", end: first?.end || "\n" };
  return reparse([secret, { content, end: "\n" }, ...rest]);
}

export function removeOption(file: StateFile, name: string): StateFile {
  return reparse(linesOf(file.text).filter((line) => optionOf(line.content)?.name !== name));
}

export function replaceSecret(file: StateFile, base32: string): StateFile {
  const [first, ...rest] = linesOf(file.text);
  return reparse([{ content: base32, end: first?.end ?? "\n" }, ...rest]);
}

/** One use: of a code that is written twice, one stays. */
export function removeScratchCode(file: StateFile, code: string): StateFile {
  const lines = linesOf(file.text);
  const gone = scratchLines(lines).find((line) => codeIn(line) === code);
  return reparse(lines.filter((line) => line !== gone));
}

/** After those that are there: what follows the first line that is no code is not read. */
export function addScratchCodes(file: StateFile, codes: readonly string[]): StateFile {
  const lines = linesOf(file.text);
  const last = scratchLines(lines).at(-1);
  const at = last !== undefined ? lines.indexOf(last) : lastOption(lines);
  const before = lines.slice(0, at + 1).map(({ content, end }) => ({ content, end: end || "\n" }));
  const added = codes.map((content) => ({ content, end: "\n" }));
  return reparse([...before, ...added, ...lines.slice(at + 1)]);
}

/** Line 1 or the last option before anything else: where the codes of a file without any begin. */
function lastOption(lines: readonly Line[]): number {
  const other = lines.findIndex((line, index) =>
    index > 0 && line.content !== "" && !line.content.startsWith('"')
  );
  const end = other < 0 ? lines.length : other;
  return lines.slice(0, end).findLastIndex((line, index) => index === 0 || line.content !== "");
}

function reparse(lines: readonly Line[]): StateFile {
  const read = parseStateFile(lines.map(({ content, end }) => content + end).join(""));
  if (read.ok) return read.value;
  throw new Failure(Exit.config, `the authenticator's file ${read.fault}`, "shorten it");
}
