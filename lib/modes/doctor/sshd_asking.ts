/** Asks the sshd of this machine: about its own configuration, or about a rewritten copy of another's. */
import type { Finding } from "../../core/doctor/finding.ts";
import type { Site } from "../../core/doctor/site.ts";
import type { Account } from "../../core/unix_account.ts";
import { SshdAnswer } from "../../core/sshd/answer.ts";
import { type ConfigFiles, SSHD_CONFIG } from "../../core/sshd/config.ts";
import { type Copied, copyConfig } from "../../core/sshd/copy.ts";
import { isOfOthers, type Refusal } from "../../core/sshd/refusal.ts";
import { needsRoot } from "../../core/doctor/sshd_unexamined.ts";
import { placeOf } from "../../core/doctor/text.ts";
import { printable } from "../../core/text.ts";
import { type SshdCopy, sshdCopy } from "../../io/sshd_copy.ts";
import { askSshd } from "../../io/sshd_program.ts";
import { isRootless } from "./rootless.ts";

/** As many as small machines have processors. */
const AT_ONCE = 2;
/** Lines that this machine's sshd does not know, before the rest is given up. */
const MOST_UNKNOWN = 50;

export class Asker implements AsyncDisposable {
  /** What was wrong so far; one finding for each fault. */
  readonly findings: Finding[] = [];
  readonly #without = new Set<string>();
  #copied: Copied | undefined;

  private constructor(
    private readonly program: string,
    private readonly files: ConfigFiles,
    private readonly options: readonly string[],
    private readonly askedFor: readonly Account[],
    private readonly copy: SshdCopy | undefined,
    private readonly rootless: boolean,
  ) {
    if (copy !== undefined) this.#write(copy);
  }

  /** @param classes for whom it is going to be asked */
  static async open(
    program: string,
    site: Site,
    files: ConfigFiles,
    options: readonly string[],
    classes: readonly { readonly asked: Account }[],
  ): Promise<Asker> {
    const copy = site.root === "" ? undefined : await sshdCopy();
    const askedFor = classes.map(({ asked }) => asked);
    return new Asker(program, files, options, askedFor, copy, isRootless(site));
  }

  /** Undefined when sshd refuses; the findings say why. */
  async ask(connection: string): Promise<SshdAnswer | undefined> {
    for (;;) {
      const asked = await askSshd(
        this.program,
        this.#arguments(),
        connection,
        this.copy !== undefined,
      );
      if (asked.answer !== undefined) return new SshdAnswer(asked.answer);
      if (!this.#goesOn(this.#original(asked.refusal))) return undefined;
    }
  }

  /** The answers by their keys; without those that sshd refused. */
  async askAll(
    questions: readonly (readonly [key: string, connection: string])[],
  ): Promise<Map<string, SshdAnswer>> {
    const answers = new Map<string, SshdAnswer>();
    const rest = [...questions];
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let next; (next = rest.shift()) !== undefined;) {
        const [key, connection] = next;
        const answer = await this.ask(connection);
        if (answer !== undefined) answers.set(key, answer);
      }
    }));
    return answers;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.copy?.[Symbol.dispose]();
    return Promise.resolve();
  }

  #arguments(): string[] {
    if (this.copy === undefined) return [...this.options];
    const main = `${this.copy.path}/${this.#copied?.main ?? ""}`;
    return ["-f", main, "-h", this.copy.hostKey];
  }

  #write(copy: SshdCopy): void {
    this.#copied = copyConfig(this.files, {
      folder: copy.path,
      askedFor: this.askedFor,
      without: this.#without,
    });
    for (const [name, text] of this.#copied?.files ?? []) copy.write(name, text);
  }

  #original(refusal: Refusal): Refusal {
    const { where } = refusal;
    const name = where?.file.slice(where.file.lastIndexOf("/") + 1) ?? "";
    const file = this.#copied?.original(name);
    return where === undefined || file === undefined
      ? refusal
      : { ...refusal, where: { file, line: where.line } };
  }

  /** Another machine's sshd may know what this one's does not: then without that line. */
  #goesOn({ where, why, unknown }: Refusal): boolean {
    const passable = this.copy !== undefined && where !== undefined && unknown !== undefined &&
      isOfOthers(unknown) && this.#without.size < MOST_UNKNOWN;
    if (passable) {
      this.findings.push({
        id: "sshd.option-unknown",
        severity: "info",
        where,
        what: `the sshd of this machine does not know ${printable(unknown, 60)}`,
        means: "That line was left out of the examination; nothing that is examined depends on it.",
        mend: "nothing, if the sshd of the other machine knows it",
      });
      this.#without.add(placeOf(where));
      if (this.copy !== undefined) this.#write(this.copy);
      return true;
    }
    // A line that is at fault is named; else it is host keys, or what is included.
    if (where === undefined && this.rootless) {
      this.findings.push(needsRoot(why));
      return false;
    }
    this.findings.push({
      id: "sshd.refused",
      severity: "critical",
      where: where ?? { file: SSHD_CONFIG },
      what: `sshd refuses its configuration: ${printable(why)}`,
      means:
        "sshd does not start with it, and goes on with what it read before until it is restarted. Nothing about logins is proven.",
      mend: "run: sshd -t, and mend the line that it names",
    });
    return false;
  }
}
