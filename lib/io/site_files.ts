/**
 * The files of a machine, or of a tree that is to become one. Below a root no link leads out: where it is
 * absolute, or climbs too high, it goes on from that root, as after chroot(2).
 */
import { Exit, Failure } from "../core/errors.ts";
import type { FileFacts, SiteTree } from "../core/doctor/site.ts";
import { printable } from "../core/text.ts";
import { errnoIn, IrregularFile, readRegular } from "./files.ts";

/** No configuration is longer. */
const LONGEST = 4 * 1_048_576;
/** As many links as the system itself follows (path_resolution(7)). */
const MOST_LINKS = 40;

/** @param root "" or an absolute folder without a slash at its end */
export function siteFiles(root: string): SiteTree {
  return new Tree(root);
}

interface Place {
  /** Without the root; no name of it is a link. */
  readonly path: string;
  /** All that was passed, "/" first, without the root; the last is the place itself. */
  readonly way: readonly string[];
  /** Owners of the links on the way. */
  readonly linkers: readonly number[];
}

class Tree implements SiteTree {
  constructor(private readonly root: string) {}

  text(path: string): string | undefined {
    const place = this.#resolve(path);
    if (place === undefined) return undefined;
    let file;
    try {
      file = readRegular(this.#real(place.path), LONGEST + 1);
    } catch (error) {
      if (error instanceof IrregularFile) throw refuse(path, "is not a regular file");
      throw refuse(path, `cannot be read${errnoIn(error)}`);
    }
    if (file === undefined) return undefined;
    const { uid, bytes } = file;
    // Or an account could have root read what it may not read itself.
    const stranger = place.linkers.find((owner) => !this.#trusts(owner) && owner !== uid);
    if (stranger !== undefined) throw refuse(path, `is behind a link of uid ${stranger}`);
    if (bytes.length > LONGEST) throw refuse(path, "is larger than 4 MiB");
    // Neither libpam nor sshd skips a byte order mark: to them it is part of the first word.
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  matching(pattern: string): readonly string[] {
    const names = pattern.split("/").filter((name) => name !== "");
    let paths = [""];
    for (const name of names) {
      paths = paths.flatMap((path) => this.#matchingIn(path, name));
    }
    return paths.filter((path) => path !== "").sort();
  }

  look(path: string): FileFacts | undefined {
    const cut = path.replace(/\/+$/, "").lastIndexOf("/");
    const folder = this.#resolve(path.slice(0, cut) || "/");
    const name = path.slice(cut + 1).replace(/\/+$/, "");
    if (folder === undefined) return undefined;
    if (name === "" || name === "." || name === "..") {
      const place = this.#resolve(path);
      return place === undefined ? undefined : this.#lstat(place.path);
    }
    return this.#lstat(`${folder.path === "/" ? "" : folder.path}/${name}`);
  }

  folder(path: string): boolean {
    const place = this.#resolve(path);
    return place !== undefined && this.#lstat(place.path)?.kind === "folder";
  }

  names(folder: string): readonly string[] | undefined {
    const place = this.#resolve(folder);
    if (place === undefined) return undefined;
    try {
      return [...Deno.readDirSync(this.#real(place.path))].map(({ name }) => name).sort();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw refuse(folder, `cannot be listed${errnoIn(error)}`);
    }
  }

  wayTo(path: string): readonly string[] | undefined {
    return this.#resolve(path)?.way;
  }

  #matchingIn(path: string, name: string): string[] {
    if (!/[*?[\\]/.test(name)) {
      return this.#isThere(`${path}/${name}`) ? [`${path}/${name}`] : [];
    }
    const pattern = globPattern(name);
    if (!this.folder(path)) return [];
    return (this.names(path === "" ? "/" : path) ?? [])
      // A dot at the beginning is matched by a dot alone (glob(7)).
      .filter((one) => pattern.test(one) && (!one.startsWith(".") || /^\\?\./.test(name)))
      .map((one) => `${path}/${one}`).filter((one) => this.#isThere(one));
  }

  #isThere(path: string): boolean {
    return this.#resolve(path) !== undefined;
  }

  /** Undefined when it leads nowhere. */
  #resolve(path: string): Place | undefined {
    if (path.includes("\0")) return undefined;
    let rest = namesIn(path);
    let at: string[] = [];
    const way = ["/"];
    const linkers: number[] = [];
    for (let name; (name = rest.shift()) !== undefined;) {
      if (name === "..") {
        at = at.slice(0, -1);
        continue;
      }
      const next = `/${[...at, name].join("/")}`;
      const facts = this.#lstat(next);
      if (facts === undefined) return undefined;
      way.push(next);
      if (facts.kind === "link") {
        linkers.push(facts.uid);
        if (linkers.length > MOST_LINKS) throw refuse(path, "leads round in circles");
        const target = this.#target(next);
        if (target.startsWith("/")) at = [];
        rest = [...namesIn(target), ...rest];
      } else {
        const wantsFolder = rest.length > 0 || /\/\.?$/.test(path);
        if (wantsFolder && facts.kind !== "folder") return undefined;
        at.push(name);
      }
    }
    return { path: `/${at.join("/")}`, way, linkers };
  }

  #target(path: string): string {
    try {
      return Deno.readLinkSync(this.#real(path));
    } catch (error) {
      throw refuse(path, `cannot be read${errnoIn(error)}`);
    }
  }

  /** @param path no name of it but the last is a link */
  #lstat(path: string): FileFacts | undefined {
    let info: Deno.FileInfo;
    try {
      info = Deno.lstatSync(this.#real(path));
    } catch (error) {
      const missing = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.NotADirectory;
      if (missing) return undefined;
      throw refuse(path, `cannot be looked at${errnoIn(error)}`);
    }
    return {
      kind: kindOf(info),
      uid: info.uid ?? 0,
      gid: info.gid ?? 0,
      mode: (info.mode ?? 0) & 0o7777,
      changedAt: info.mtime?.getTime() ?? 0,
      links: info.nlink ?? 1,
    };
  }

  #real(path: string): string {
    return `${this.root}${path}` || "/";
  }

  #trusts(uid: number): boolean {
    return uid === 0 || uid === Deno.uid();
  }
}

function kindOf(info: Deno.FileInfo): FileFacts["kind"] {
  if (info.isFile) return "file";
  if (info.isDirectory) return "folder";
  if (info.isSymlink) return "link";
  return info.isSocket ? "socket" : "other";
}

function namesIn(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

/** Of POSIX, in the locale in which services are started (regex(7)). */
const CLASSES: ReadonlyMap<string, string> = new Map([
  ["alnum", "A-Za-z0-9"],
  ["alpha", "A-Za-z"],
  ["blank", " \\t"],
  ["cntrl", "\\x00-\\x1f\\x7f"],
  ["digit", "0-9"],
  ["graph", "\\x21-\\x7e"],
  ["lower", "a-z"],
  ["print", "\\x20-\\x7e"],
  ["punct", "\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e"],
  ["space", "\\t-\\r "],
  ["upper", "A-Z"],
  ["xdigit", "0-9A-Fa-f"],
]);

/** One name of a path, as glob(7) reads it. */
function globPattern(name: string): RegExp {
  let source = "";
  for (let at = 0; at < name.length; at++) {
    const char = name.charAt(at);
    if (char === "*") source += ".*";
    else if (char === "?") source += ".";
    else if (char === "[") {
      const set = /^\[([!^]?)(\]?(?:\[:[a-z]+:\]|[^\]])*)\]/.exec(name.slice(at));
      if (set === null) source += "\\[";
      else {
        const [whole, not = "", characters = ""] = set;
        const inside = characters.replace(
          /\[:([a-z]+):\]|[\\\]^[]/g,
          (one, name?: string) => name === undefined ? `\\${one}` : CLASSES.get(name) ?? "",
        );
        source += `[${not === "" ? "" : "^"}${inside}]`;
        at += whole.length - 1;
      }
    } else if (char === "\\" && at + 1 < name.length) source += RegExp.escape(name.charAt(++at));
    else source += RegExp.escape(char);
  }
  return new RegExp(`^${source}$`, "su");
}

function refuse(path: string, what: string): Failure {
  return new Failure(Exit.config, `${printable(path)} ${what}`, "see what it is");
}
