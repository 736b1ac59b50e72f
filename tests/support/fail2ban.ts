/** Debian's real fail2ban with our filter and jail beside its own: what it makes of lines of the log. */
import { ROOT } from "../../scripts/run.ts";
import { mustRun, run } from "./process.ts";
import { type Scratch, scratch } from "./scratch.ts";

const OURS = ["filter.d/gatehouse.conf", "jail.d/gatehouse.conf"];

export interface Match {
  readonly address: string;
  /** The whole line. */
  readonly line: string;
}

export class Fail2ban implements AsyncDisposable {
  private constructor(
    private readonly folder: Scratch,
    /** A copy of /etc/fail2ban. */
    private readonly configuration: string,
  ) {}

  static async start(): Promise<Fail2ban> {
    const folder = await scratch();
    const configuration = `${folder.path}/fail2ban`;
    await mustRun(["cp", "-r", "/etc/fail2ban", configuration]);
    for (const file of OURS) {
      await Deno.copyFile(`${ROOT}/share/fail2ban/${file}`, `${configuration}/${file}`);
    }
    return new Fail2ban(folder, configuration);
  }

  /** The lines that the filter matches, in their order. */
  async matches(lines: readonly string[]): Promise<Match[]> {
    const log = await this.folder.file("auth.log", lines.map((line) => `${line}\n`).join(""));
    const argv = ["fail2ban-regex", "--config", this.configuration, "--encoding", "UTF-8"];
    const { out } = await mustRun([...argv, "--out", "<ip> <msg>", log, "gatehouse"]);
    return out.split("\n").slice(0, -1).map((found) => {
      const [address = "", ...line] = found.split(" ");
      return { address, line: line.join(" ") };
    });
  }

  /** What fail2ban would do with our jail. @param settings for it, by the path of a log that is there */
  async dump(settings: (log: string) => string): Promise<string> {
    const log = await this.folder.file("some.log", "");
    const local = `[sshd]\nenabled = false\n[gatehouse]\n${settings(log)}\n`;
    await Deno.writeTextFile(`${this.configuration}/jail.local`, local);
    const { out, err } = await run(["fail2ban-client", "-c", this.configuration, "-d"]);
    return out + err;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.folder[Symbol.asyncDispose]();
  }
}
