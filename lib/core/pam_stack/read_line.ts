/**
 * One line of pam.d or pam.conf, from left to right: _pam_parse_conf_file() and _pam_add_handler() of
 * libpam/pam_handlers.c, with Debian's @include (031_pam_include).
 */
import { type Actions, ALL_BAD, asciiLower, readControl } from "./control.ts";
import { type Line, textOf } from "./lines.ts";
import { PAM_TYPES, type PamEntry, type PamRefusal, type PamType, type Where } from "./stack.ts";
import { firstToken, type Token, tokensOf } from "./tokens.ts";

/** What was read of the service itself, or of `other`. */
export interface Collected {
  readonly entries: Readonly<Record<PamType, PamEntry[]>>;
  readonly oddities: { readonly type: PamType; readonly where: Where; readonly why: string }[];
}

/** What a file is read for. */
export interface Reading {
  readonly path: string;
  /** Undefined in pam.conf, where each line names its own. */
  readonly service: string | undefined;
  /** Undefined: all types. */
  readonly type: PamType | undefined;
  readonly level: number;
  /** How many files are open, this one too. */
  readonly open: number;
}

/**
 * libpam never clears a file's array of actions, so that a failed @include is judged by what the line
 * before has left there; undefined where none was.
 */
export interface Leftover {
  actions: Actions | undefined;
}

export interface Surroundings {
  /** Undefined when a line of that service is not wanted. */
  listOf(service: string): Collected | undefined;
  /** @returns why it was not, or not wholly, included */
  include(name: string, reading: Omit<Reading, "path">): PamRefusal | undefined;
}

/** libpam does not live to say what is wrong. */
export class Fatal extends Error {
  readonly refusal: PamRefusal;
  constructor(where: Where, why: string) {
    super(why);
    this.refusal = refused(where, why);
  }
}

export function refused(where: Where, why: string): PamRefusal {
  return { where, refused: why };
}

/** @returns why libpam gives up the file @throws Fatal */
export function readLine(
  line: Line,
  where: Where,
  reading: Reading,
  leftover: Leftover,
  around: Surroundings,
): PamRefusal | undefined {
  const [service, rest] = serviceOf(line, reading);
  const list = around.listOf(service);
  if (list === undefined) return undefined;
  return new LineReader(where, { ...reading, service }, leftover, around, list, rest)
    .read(line.split);
}

function serviceOf(line: Line, reading: Reading): [service: string, rest: string | undefined] {
  if (reading.service !== undefined) return [reading.service, line.bytes];
  const token = firstToken(line.bytes);
  return [token?.word ?? "", token?.rest];
}

class LineReader {
  #type: PamType = "auth";
  #silent = false;
  #faulty = false;

  constructor(
    readonly where: Where,
    readonly reading: Reading,
    readonly leftover: Leftover,
    readonly around: Surroundings,
    readonly list: Collected,
    public rest: string | undefined,
  ) {}

  read(split: boolean): PamRefusal | undefined {
    const first = this.#next()?.word;
    this.#silent = first?.startsWith("-") === true;
    const word = this.#silent ? first?.slice(1) : first;
    if (word !== undefined && asciiLower(word) === "@include") return this.#includeAll();
    const type = PAM_TYPES.find((each) => each === asciiLower(word ?? ""));
    const wanted = this.reading.type;
    // "most sensitive", libpam says of auth.
    this.#type = type ?? wanted ?? "auth";
    if (wanted !== undefined && this.#type !== wanted) return undefined;
    if (split) this.#odd("a line is longer than 1023 bytes, and its rest counts as another one");
    const control = this.#next();
    const lower = asciiLower(control?.word ?? "");
    const includes = lower === "include" || lower === "substack";
    if (type === undefined) {
      const why = word === undefined ? "its type is missing" : `${textOf(word)} is no type`;
      // libpam forgets that the line was to fail when it includes.
      if (includes) this.#odd(`${why}, and libpam takes it for ${this.#type}`);
      else this.#fails(why);
    }
    return includes ? this.#includeType(control, lower === "substack") : this.#module(control);
  }

  #module(control: Token | undefined): PamRefusal | undefined {
    if (control === undefined) this.#fails("its control is missing");
    const { actions, fault } = control === undefined
      ? { actions: ALL_BAD, fault: undefined }
      : readControl(control.word);
    if (fault !== undefined) this.#odd(`every result counts as bad: ${fault}`);
    this.leftover.actions = actions;
    const module = this.#next();
    if (module === undefined) this.#fails("its module is missing");
    else this.#requireName(module);
    this.#add(this.#faulty ? "faulty" : "module", control?.asWritten ?? "", module, actions);
    return undefined;
  }

  #includeType(control: Token | undefined, substack: boolean): PamRefusal | undefined {
    const file = this.#next();
    if (substack) {
      if (file !== undefined) this.#requireName(file);
      this.#add("substack", control?.asWritten ?? "", file, ALL_BAD);
    }
    this.leftover.actions = ALL_BAD;
    const level = this.reading.level + (substack ? 1 : 0);
    const failed = this.#include(file, { ...this.reading, type: this.#type, level });
    if (failed === undefined) return undefined;
    this.#fails(`${failed.refused}, so this cannot be included`);
    this.#add("faulty", control?.asWritten ?? "", file, ALL_BAD);
    return undefined;
  }

  /** Of all types at once, where no type is wanted. */
  #includeAll(): PamRefusal | undefined {
    const file = this.#next();
    const failed = this.#include(file, this.reading);
    if (failed === undefined) return undefined;
    // libpam knows no type to add a failing line to.
    if (this.reading.type === undefined) {
      return failed.where.line > 0 ? failed : refused(this.where, failed.refused);
    }
    this.#type = this.reading.type;
    this.#fails(`${failed.refused}, so this cannot be included; how that counts is left to chance`);
    this.#add("faulty", "@include", file, this.leftover.actions ?? ALL_BAD);
    return undefined;
  }

  #include(file: Token | undefined, reading: Reading): PamRefusal | undefined {
    if (file === undefined) {
      throw new Fatal(this.where, "no file to include is named: libpam crashes");
    }
    this.rest = undefined;
    return this.around.include(textOf(file.word), { ...reading, open: reading.open + 1 });
  }

  /** extract_modulename(): what is behind the last slash and before the last dot. */
  #requireName({ word }: Token): void {
    const name = word.slice(word.lastIndexOf("/") + 1).replace(/\.[^.]*$/s, "");
    if (name !== "" && name !== "?") return;
    throw new Fatal(
      this.where,
      `libpam gives up on a module or a substack that is called ${textOf(word)}`,
    );
  }

  #add(
    kind: PamEntry["kind"],
    control: string,
    module: Token | undefined,
    actions: Actions,
  ): void {
    this.list.entries[this.#type].push({
      where: this.where,
      module: textOf(module?.word ?? ""),
      args: kind === "substack" ? [] : tokensOf(this.rest).map(textOf),
      control: textOf(control),
      silent: this.#silent,
      kind,
      actions,
      level: this.reading.level,
    });
  }

  #next(): Token | undefined {
    const token = firstToken(this.rest);
    this.rest = token?.rest;
    return token;
  }

  #fails(why: string): void {
    this.#faulty = true;
    this.#odd(`the line fails: ${why}`);
  }

  #odd(why: string): void {
    this.list.oddities.push({ type: this.#type, where: this.where, why });
  }
}
