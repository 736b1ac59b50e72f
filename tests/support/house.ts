/**
 * The house: who may import whom, and who may touch the outside world. Floors, ground first:
 * core, ports, then config, login and enrollment, io, server and wiring, modes, main. Imports point down only.
 */
import { type Facts, type Import, readFacts } from "./source_facts.ts";

export interface Source {
  /** From the checkout's folder. */
  readonly path: string;
  readonly text: string;
}

interface Floor {
  readonly name: string;
  /** Which files are on it. */
  readonly files: RegExp;
  /** Files it may import, its own other files included only where this says so. */
  readonly below: RegExp;
  /** Packages and built-in modules it may import. */
  readonly packages: RegExp;
  /** What it may take of `Deno`. */
  readonly deno: RegExp;
}

const CORE = "lib/core/";
const PORTS = "lib/ports\\.ts$";
const NONE = /^(?!)/;
const ALL = /^/;

const FLOORS: readonly Floor[] = [
  {
    name: "core",
    files: /^lib\/core\//,
    below: new RegExp(`^(${CORE})`),
    // Pure ones.
    packages: /^(otpauth|jose|@hexagon\/base64|uqr|valibot|ipaddr\.js)$/,
    deno: NONE,
  },
  {
    name: "ports",
    files: /^lib\/ports\.ts$/,
    below: new RegExp(`^(${CORE})`),
    packages: NONE,
    deno: NONE,
  },
  {
    name: "notify",
    files: /^lib\/notify\//,
    below: new RegExp(`^(${CORE}|lib/notify/)`),
    // Pure ones.
    packages:
      /^(valibot|standardwebhooks|fast-xml-parser|@noble\/(ciphers|hashes)(\/.*)?|@hexagon\/base64)$/,
    deno: NONE,
  },
  {
    name: "config",
    files: /^lib\/config\//,
    below: new RegExp(`^(${CORE}|${PORTS}|lib/(config|notify)/)`),
    packages: /^(?!node:)/,
    deno: NONE,
  },
  ...["login", "enrollment"].map((name) => ({
    name,
    files: new RegExp(`^lib/${name}/`),
    below: new RegExp(`^(${CORE}|${PORTS}|lib/${name}/)`),
    packages: /^(?!node:)/,
    deno: NONE,
  })),
  {
    name: "io",
    files: /^lib\/io\//,
    below: new RegExp(`^(${CORE}|${PORTS}|lib/(config|login|enrollment|notify|io)/)`),
    packages: ALL,
    deno: ALL,
  },
  // What runs in browsers: nothing of the program is in it, nor it in the program.
  {
    name: "browser",
    files: /^server\/assets\/client\//,
    below: NONE,
    packages: /^@simplewebauthn\/browser$/,
    deno: NONE,
  },
  {
    name: "server",
    files: /^server\//,
    below: new RegExp(`^(${CORE}|${PORTS}|lib/config/|server/(?!assets/client/))`),
    packages: /^(?!node:)|^node:buffer$/,
    deno: NONE,
  },
  {
    name: "wiring",
    files: /^lib\/wiring\//,
    below: new RegExp(`^(${CORE}|${PORTS}|lib/(config|login|enrollment|notify|io|wiring)/)`),
    packages: NONE,
    deno: NONE,
  },
  {
    name: "modes",
    files: /^lib\/modes\//,
    below: /^(lib|server(?!\/assets\/client))\//,
    packages: /^(?!node:)/,
    deno: /^Deno\.(uid|stdin\.isTerminal)$/,
  },
  // The command line: parses, prints help, and imports one mode, lazily.
  {
    name: "commands",
    files: /^commands\.ts$/,
    below: new RegExp(`^(${CORE}|lib/io/out\\.ts$|lib/modes/)`),
    packages: /^commander$/,
    deno: NONE,
  },
  {
    name: "main",
    files: /^main\.ts$/,
    below: new RegExp(`^(${CORE}|lib/modes/|commands\\.ts$)`),
    packages: NONE,
    deno: /^Deno\.(args|exit|exitCode|permissions\.revokeSync|stderr\.writeSync)$/,
  },
];

/** The one use of a built-in module that is pure, and where. */
const PURE_HASH = { path: `${CORE}hash.ts`, specifier: "node:crypto", name: "hash" };

/** What adapters are made of: every other file of lib/io is an adapter, and those stand alone. */
const IO_TOOLS =
  /^lib\/io\/(durable_file|files|json_answer|libc|private_files|secret_keys|secure_file|state_files|termios)\.ts$/;

/** Adapters too long for one file: those whose name begins so are one. */
const LONG_ADAPTERS = /^lib\/io\/(approval|audit|backup|code|pam|sqlite|terminal|vendor)[_.]/;

/** The only ones that write to the terminal, or where its output goes. */
const PRINTERS = /^(lib\/io\/(dialog|out|pam_channel|pam_exec_talk|terminal)|main)\.ts$/;

/** Within core: they say what sshd and libpam do, whoever wants to know. */
const READERS = /^lib\/core\/(sshd|pam_stack)\//;

/** What costs time to load and is not always needed. */
const LAZY = /^(lib\/modes\/|commands\.ts$)/;

const WORKSHOP = /^(scripts|tests|bench)\//;

/**
 * Where a login passes through: neither these packages nor the server's code may be loaded. Hosts check
 * signatures by `lib/core/jws.ts`, without a library.
 */
const FRONT_ENDS = [
  {
    name: "the gate",
    folder: "lib/modes/gate/",
    alsoMain: true,
    heavy:
      /^(hono|jose|commander|@logtape\/logtape|@simplewebauthn\/server|node:crypto|node:sqlite)(\/|$)/,
  },
  // node:crypto has scrypt, for a typed emergency code.
  {
    name: "PAM's helper",
    folder: "lib/modes/pam/",
    alsoMain: false,
    heavy: /^(hono|jose|commander|@logtape\/logtape|@simplewebauthn\/server|node:sqlite)(\/|$)/,
  },
];

/** One line a fault: "lib/core/a.ts:3: core must not import ../io/b.ts". */
export function checkHouse(sources: readonly Source[]): string[] {
  const files = new Map(sources.map(({ path, text }) => [path, readFacts(path, text)]));
  const faults: string[] = [];
  for (const facts of files.values()) {
    faults.push(...checkComments(facts));
    if (WORKSHOP.test(facts.path)) continue;
    faults.push(...checkImports(facts), ...checkUses(facts));
  }
  return [...new Set([...faults, ...FRONT_ENDS.flatMap((one) => checkFrontEnd(one, files))])]
    .toSorted();
}

function checkComments({ path, comments }: Facts): string[] {
  const forbidden = /TODO|FIXME|@ts-ignore|@ts-nocheck|@ts-expect-error|deno-lint-ignore/;
  return comments.flatMap(({ text, line }) => {
    const found = forbidden.exec(text)?.[0];
    return found === undefined ? [] : [`${path}:${line}: a comment says ${found}`];
  });
}

function checkImports({ path, imports, unclearImports }: Facts): string[] {
  const floor = FLOORS.find(({ files }) => files.test(path));
  if (floor === undefined) return [`${path}:1: stands on no floor of the house`];
  const faults = unclearImports.map((line) =>
    // Compiled, it would run whatever somebody put below /tmp/deno-compile-gatehouse/.
    `${path}:${line}: import() takes a string literal only`
  );
  for (const one of imports) {
    const fault = checkImport(floor, path, one);
    if (fault !== undefined) faults.push(`${path}:${one.line}: ${fault}`);
  }
  return faults;
}

function checkImport(floor: Floor, path: string, one: Import): string | undefined {
  const { specifier, kind } = one;
  const target = resolve(path, specifier);
  if (target === undefined) {
    const codeLoaders = /^node:(module|vm|worker_threads|child_process|process|repl)$/;
    if (codeLoaders.test(specifier)) return `nothing may import ${specifier}`;
    return floor.packages.test(specifier) || isPureHash(path, one)
      ? undefined
      : `${floor.name} must not import ${specifier}`;
  }
  if (!floor.below.test(target)) return `${floor.name} must not import ${target}`;
  if (READERS.test(path) && target.startsWith("lib/core/doctor/")) {
    return `what the doctor reads with must not import ${target}`;
  }
  if (floor.name === "ports" && kind !== "types") return "ports is types only: use import type";
  if (/^(main|commands)$/.test(floor.name) && LAZY.test(target) && kind === "static") {
    return `${floor.name} must import ${target} lazily`;
  }
  if (floor.name === "io" && !sameAdapter(path, target)) {
    return `adapters must not import each other: ${target}`;
  }
  if (floor.name === "modes" && !sameMode(path, target)) {
    return `modes must not import each other: ${target}`;
  }
  return undefined;
}

function isPureHash(path: string, { specifier, names = [] }: Import): boolean {
  return path === PURE_HASH.path && specifier === PURE_HASH.specifier &&
    names.join() === PURE_HASH.name;
}

function sameAdapter(path: string, target: string): boolean {
  if (!target.startsWith("lib/io/") || IO_TOOLS.test(target)) return true;
  const adapter = (file: string) => LONG_ADAPTERS.exec(file)?.[1];
  return adapter(path) !== undefined && adapter(path) === adapter(target);
}

/** A mode too long for one file has a folder: gate/. */
function sameMode(path: string, target: string): boolean {
  const mode = (file: string) => /^lib\/modes\/([a-z0-9_]+)\//.exec(file)?.[1];
  if (!target.startsWith("lib/modes/")) return true;
  return mode(path) !== undefined && mode(path) === mode(target);
}

/** Files, sockets and all else outside the program, where it is not taken of `Deno`. */
const OUTSIDE =
  /^(fetch|WebSocket|EventSource|BroadcastChannel|caches|localStorage|sessionStorage)([.[(]|$)|^new (WebSocket|EventSource|BroadcastChannel)\b/;

/** Floors that get the results of all else passed in. */
const PURE = /^(core|notify)$/;

/** Clock, randomness and timers. */
const IMPURE =
  /^(performance|setTimeout|setInterval|queueMicrotask|process|console|Temporal|navigator)([.[(]|$)|^(Date\.now|Math\.random)\b|^(new )?Date\(\)$|^new Date\(\)$|^(Math|Date|crypto)(\[\])?$|^crypto\.(?!subtle\b)/;

function checkUses({ path, uses }: Facts): string[] {
  const faults: string[] = [];
  const floor = FLOORS.find(({ files }) => files.test(path));
  if (floor === undefined) return faults; // checkImports() has said so
  for (const { name, line } of uses) {
    const fault = checkUse(floor, path, name);
    if (fault !== undefined) faults.push(`${path}:${line}: ${fault}`);
  }
  return faults;
}

function checkUse(floor: Floor, path: string, name: string): string | undefined {
  if (/^(globalThis|self)\b/.test(name)) return `${name}: name the global itself`;
  if (/^(eval|Function|new Function|require)\b/.test(name)) return `${name} runs unknown code`;
  if (/^(new )?(Worker|SharedWorker)\b/.test(name)) return `${name}: no workers`;
  const outside = /^Deno\b/.test(name) ? !floor.deno.test(name) : OUTSIDE.test(name);
  if (PURE.test(floor.name) && (outside || IMPURE.test(name))) {
    return `${floor.name} is pure: ${name}`;
  }
  if (/^Deno(\[\]|\(\))?$/.test(name)) return "Deno is used by Deno.name only";
  if (/^Deno\.exit(Code)?\b/.test(name) && path !== "main.ts") return "only main.ts exits";
  if (/^(console|Deno\.std(out|err))\b/.test(name) && !PRINTERS.test(path)) {
    return `only lib/io/{dialog,out,terminal}.ts and main.ts print: ${name}`;
  }
  const inBrowser = floor.name === "browser" && !/^Deno\b/.test(name);
  if (outside && floor.name !== "io" && !inBrowser) {
    return `${floor.name}: only lib/io touches the outside: ${name}`;
  }
  return undefined;
}

/** All that a login's passage loads: main.ts at once, the gate with all that it may load lazily. */
function checkFrontEnd(
  { name, folder, alsoMain, heavy }: typeof FRONT_ENDS[number],
  files: ReadonlyMap<string, Facts>,
): string[] {
  const own = [...files.keys()].filter((path) => path.startsWith(folder));
  const seen = new Set<string>();
  const faults: string[] = [];
  const visit = (path: string, lazyToo: boolean) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { specifier, line, kind } of files.get(path)?.imports ?? []) {
      if (kind === "types" || (kind === "lazy" && !lazyToo)) continue;
      const target = resolve(path, specifier);
      if (target === undefined ? heavy.test(specifier) : target.startsWith("server/")) {
        faults.push(`${path}:${line}: ${name} must not load ${target ?? specifier}`);
      }
      if (target !== undefined) visit(target, lazyToo);
    }
  };
  for (const path of own) visit(path, true);
  if (alsoMain) visit("main.ts", false);
  return faults;
}

/** The path from the checkout's folder, or undefined for a package or built-in module. */
function resolve(from: string, specifier: string): string | undefined {
  if (!/^\.{0,2}\//.test(specifier)) return undefined;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}
