/**
 * Reads pam.d and pam.conf as libpam 1.5.2 of Debian does, but for the folders of others: _pam_init_handlers() and what is below it in
 * libpam/pam_handlers.c. Where that libpam would crash, hang or follow a pointer that nobody has set, the
 * whole configuration is refused.
 */
import { asciiLower } from "./control.ts";
import { linesOf } from "./lines.ts";
import {
  type Collected,
  Fatal,
  type Leftover,
  type Reading,
  readLine,
  refused,
} from "./read_line.ts";
import {
  DEBIAN_FOLDERS,
  type PamFiles,
  type PamFolders,
  type PamRefusal,
  type PamStack,
  type PamType,
} from "./stack.ts";

const FOLDER = "/etc/pam.d";
const ONE_FILE = "/etc/pam.conf";
const OTHER = "other";
/** PAM_SUBSTACK_MAX_LEVEL */
const MOST_LEVELS = 16;
/**
 * A file that includes itself is opened again until the process has no descriptors left, 1024 mostly. More
 * than a few change nothing, and no sane configuration is that deep.
 */
const MOST_OPEN = 64;
/** Two such lines in a file double with each level; no sane configuration includes so much. */
const MOST_INCLUDED = { files: 2_500, lines: 20_000 };

const TOP = { type: undefined, level: 0, open: 1 };

/** What libpam makes of a service's configuration for one type. */
export function readStack(
  service: string,
  type: PamType,
  files: PamFiles,
): PamStack | PamRefusal {
  // pam_start(3): no paths, and in lower case.
  const name = asciiLower(service.slice(service.lastIndexOf("/") + 1));
  const reader = new Reader(name, files);
  try {
    const refusal = reader.readAll();
    if (refusal !== undefined) return refusal;
  } catch (error) {
    if (error instanceof Fatal) return error.refusal;
    throw error;
  }
  const { entries, oddities } = reader.own.entries[type].length > 0 ? reader.own : reader.other;
  return {
    service: name,
    type,
    entries: entries[type],
    oddities: oddities.filter((odd) => odd.type === type).map(({ where, why }) => ({ where, why })),
  };
}

class Reader {
  readonly own = nothing();
  /** For when the service has no line of a type. */
  readonly other = nothing();
  readonly #included = { files: 0, lines: 0 };

  readonly #folders: PamFolders;

  constructor(readonly service: string, readonly files: PamFiles) {
    this.#folders = files.folders ?? DEBIAN_FOLDERS;
  }

  readAll(): PamRefusal | undefined {
    if (this.#folders.services.some((one) => this.#isFolder(one))) return this.#readFolders();
    const text = this.files.text(ONE_FILE);
    if (text === undefined) {
      return refused({ file: ONE_FILE, line: 0 }, `there is neither ${FOLDER} nor ${ONE_FILE}`);
    }
    return this.#readFile(text, { ...TOP, path: ONE_FILE, service: undefined });
  }

  #readFolders(): PamRefusal | undefined {
    let found = false;
    // Of "other" itself every line is there twice.
    for (const service of [this.service, OTHER]) {
      for (const path of this.#folders.services.map((one) => `${one}/${service}`)) {
        const text = this.files.text(path);
        if (text === undefined) continue;
        const refusal = this.#readFile(text, { ...TOP, path, service });
        if (refusal !== undefined) return refusal;
        found = true;
        break;
      }
    }
    if (found) return undefined;
    const where = { file: `${FOLDER}/${this.service}`, line: 0 };
    return refused(where, "there is neither this service nor one named other");
  }

  /** @returns why libpam gives up this file; the lines that it has read stay */
  #readFile(text: string, reading: Reading): PamRefusal | undefined {
    const leftover: Leftover = { actions: undefined };
    if (reading.open > 1) this.#included.files++;
    for (const line of linesOf(text)) {
      const where = { file: reading.path, line: line.number };
      if (reading.open > 1) this.#included.lines++;
      const { files, lines } = this.#included;
      if (files > MOST_INCLUDED.files || lines > MOST_INCLUDED.lines) {
        throw new Fatal(where, "files include each other: libpam would read (nearly) for ever");
      }
      if ("fault" in line) {
        if (line.fault === "unfinished") {
          return refused(where, "the last line is to go on, and ends");
        }
        throw new Fatal(where, "the 1023rd byte of a line is a backslash: libpam hangs");
      }
      const refusal = readLine(line, where, reading, leftover, {
        listOf: (named) => this.#listOf(named),
        include: (name, included) => this.#include(name, included),
      });
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  #listOf(service: string): Collected | undefined {
    const name = asciiLower(service);
    if (name === OTHER) return this.other;
    return name === this.service ? this.own : undefined;
  }

  #include(name: string, reading: Omit<Reading, "path">): PamRefusal | undefined {
    const isPath = name.startsWith("/");
    const folders = this.#folders.includes.filter((one) => this.#isFolder(one));
    const paths = isPath ? [name] : folders.map((one) => `${one}/${name}`);
    const path = paths.find((one) => this.files.text(one) !== undefined) ?? paths[0];
    const where = { file: path ?? `${FOLDER}/${name}`, line: 0 };
    if (path === undefined) return refused(where, `there is no ${FOLDER}`);
    if (reading.level >= MOST_LEVELS) return refused(where, "substacks are nested too deeply");
    if (reading.open > MOST_OPEN) return refused(where, "files include each other without end");
    const text = this.files.text(path);
    if (text === undefined) return refused(where, `there is no ${path}`);
    return this.#readFile(text, { ...reading, path });
  }

  #isFolder(path: string): boolean {
    return this.files.folder?.(path) ?? path === FOLDER;
  }
}

function nothing(): Collected {
  return { entries: { auth: [], account: [], password: [], session: [] }, oddities: [] };
}
