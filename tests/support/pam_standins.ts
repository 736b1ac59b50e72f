/** Stacks of other machines on the libpam of this one: pam_debug in the place of their modules. */

/**
 * Names of modules without `pam_` and `.so`, and what they are to answer to authentication; with " setcred"
 * behind the name: to that.
 */
export type Answers = Readonly<Record<string, string>>;

/** What modules answer that nobody asks for anything. */
const QUIET: Answers = {
  env: "ignore",
  cap: "ignore",
  rootok: "auth_err",
  succeed_if: "auth_err",
  faillock: "success",
};
/** What pam_setcred(3) gets of them, where that is not success. */
const CREDENTIALS: Answers = {
  succeed_if: "ignore",
  usertype: "ignore",
  localuser: "ignore",
  faillock: "ignore",
  nologin: "ignore",
  shells: "success",
};
/** They are the same everywhere. */
const REAL = ["deny", "permit", "debug"];

const ENTRY = /^(-?auth)\s+(\[[^\]]*\]|\S+)\s+(\S+)\s*(.*)$/;

/**
 * One service and all that it includes, as files of /etc/pam.d whose names begin with `prefix`.
 * @param files of the machine, by name
 */
export function standIns(
  service: string,
  files: ReadonlyMap<string, string>,
  prefix: string,
  answers: Answers,
): Record<string, string> {
  const made: Record<string, string> = {};
  const todo = [service];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    const text = files.get(name);
    if (text === undefined || `/etc/pam.d/${prefix}${name}` in made) continue;
    const lines = text.split("\n").flatMap((line) => {
      const included = /^@include\s+(\S+)/.exec(line)?.[1] ??
        /^-?auth\s+(?:include|substack)\s+(\S+)/.exec(line)?.[1];
      if (included !== undefined) {
        todo.push(included);
        return [line.replace(included, `${prefix}${included}`)];
      }
      const entry = ENTRY.exec(line.replace(/#.*/, "").trimEnd());
      return entry === null ? [] : [standIn(entry, answers)];
    });
    made[`/etc/pam.d/${prefix}${name}`] = lines.map((line) => `${line}\n`).join("");
  }
  return made;
}

function standIn(
  [, type = "", control = "", module = "", args = ""]: RegExpExecArray,
  answers: Answers,
): string {
  const name = module.replace(/^.*\/|^pam_/, "").replace(/\.so$/, "");
  if (REAL.includes(name)) return `${type} ${control} ${module} ${args}`;
  // Our condition stands for itself: "unguarded" is what it says, whatever others of that module say.
  const asks = name === "succeed_if" && /\buser not/.test(args) ? "condition" : name;
  const auth = name === "faillock" && args.includes("authfail")
    ? "auth_err"
    : answers[asks] ?? QUIET[asks] ?? "success";
  const cred = answers[`${name} setcred`] ?? CREDENTIALS[name] ?? "success";
  return `${type} ${control} pam_debug.so auth=${auth} cred=${cred}`;
}

/** Modules of a stack that ask for something, by the names of `Answers`. */
export function askersIn(files: Iterable<string>): string[] {
  const known = ["unix", "sss", "systemd_home", "fprintd"];
  const found = new Set<string>();
  for (const text of files) {
    for (const [, name = ""] of text.matchAll(/^-?auth.*\bpam_(\w+)\.so/gm)) {
      if (known.includes(name)) found.add(name);
    }
  }
  return [...found].toSorted();
}
