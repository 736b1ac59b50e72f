/**
 * The command line of everything but the gate: options, help, and which mode a command loads. What works
 * on the server's data is in lib/modes/admin/commands.ts.
 */
import { Command, CommanderError, Option } from "commander";
import { Exit, Failure } from "./lib/core/errors.ts";
import { PAM_TYPES } from "./lib/core/pam_stack/stack.ts";
import { VERSION } from "./lib/core/version.ts";
import { terminalOut } from "./lib/io/out.ts";
import type { DoctorOptions } from "./lib/modes/doctor/doctor.ts";
import type { SimulateOptions } from "./lib/modes/doctor/simulate.ts";
import type { EmergencyOptions } from "./lib/modes/emergency.ts";
import type { GivenOptions } from "./lib/modes/enroll/options.ts";
import type { PreauthOptions } from "./lib/modes/preauth.ts";
import type { SyncOptions } from "./lib/modes/sync/sync.ts";

/** @returns the exit status @throws Failure */
export async function runCommand(args: readonly string[]): Promise<number> {
  let status: number = Exit.ok;
  const root = await program((found) => status = found);
  try {
    await root.parseAsync([...args], { from: "user" });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version were asked for; anything else is a fault of usage.
    if (error.exitCode === 0) return Exit.ok;
    if (error.code === "commander.help") return Exit.usage;
    // The second line is a suggestion: "(Did you mean ...?)".
    const message = error.message.replace(/^error: /, "").replaceAll("\n", " ");
    const help = ["gatehouse", ...called(root, args), "--help"].join(" ");
    throw new Failure(Exit.usage, message, `see ${help}`);
  }
}

/** The words in front that name a command and one below it, as far as there are such. */
function called(root: Command, args: readonly string[]): string[] {
  const words: string[] = [];
  let at: Command | undefined = root;
  for (const word of args) {
    at = at.commands.find((one) => one.name() === word);
    if (at === undefined) break;
    words.push(word);
  }
  return words;
}

/** @param end with which status a command ends that has several good ones */
async function program(end: (status: number) => void): Promise<Command> {
  const root = new Command("gatehouse")
    .description("A second factor for SSH: a person approves each login on a phone.")
    .version(`gatehouse ${VERSION}`, "--version", "print the version")
    .helpOption("--help", "show this help")
    .helpCommand(false)
    // What is written behind a command is its own, also where one above it has the same.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  const server = addServer(root);
  addHostSide(root);
  addEnroll(root);
  addEmergency(root);
  addDoctor(root, end);
  (await import("./lib/modes/admin/commands.ts")).addAdministration(root, server);
  root.command("version").description("print the version")
    .action(() => terminalOut.line(`gatehouse ${VERSION}`));
  return root;
}

function addServer(root: Command): Command {
  return root.command("server")
    .description("the approval server")
    .helpCommand(false)
    .enablePositionalOptions()
    .option("--config <FILE>", "server.toml (default: /etc/gatehouse/server.toml if it exists)")
    .option("--listen <HOST:PORT>", "where to listen (default: 127.0.0.1:8422)")
    .option("--data <DIR>", "database, keys, audit log (default: /var/lib/gatehouse)")
    .option("--public-url <URL>", "how people and hosts reach it (default: what it listens on)")
    .addOption(new Option("--log-format <FORMAT>", "one line an event").choices(["text", "json"]))
    .action(async (options: {
      config?: string;
      listen?: string;
      data?: string;
      publicUrl?: string;
      logFormat?: "text" | "json";
    }) => await (await import("./lib/modes/server.ts")).runServer(options));
}

function addHostSide(root: Command): void {
  root.command("gate")
    .description("what sshd's ForceCommand runs on a host: ask, wait, become the shell")
    .option("--config <FILE>", "host.toml (default: /etc/gatehouse/host.toml)");
  root.command("pam")
    .description("what pam_gatehouse.so or pam_exec runs on a host: the same inside PAM")
    .option("--config <FILE>", "host.toml (default: /etc/gatehouse/host.toml)")
    .option("--option <NAME[=VALUE]>", "of the line in pam.d; docs/pam.md has them");
  root.command("join <URL> [TOKEN]")
    .description(
      "on a host: pin the server's key and write host.toml; asks for the token, or reads a line",
    )
    .option("--config <FILE>", "what to write (default: /etc/gatehouse/host.toml)")
    .action(async (url: string, token: string | undefined, options: { config?: string }) =>
      await (await import("./lib/modes/join.ts")).join(url, token, options, terminalOut)
    );
  root.command("sync")
    .description("on a host, as root: fetch the codes that people registered at the server")
    .option("--config <FILE>", "host.toml (default: /etc/gatehouse/host.toml)")
    .option("--quiet", "say nothing when all is well")
    .action(async (options: SyncOptions) =>
      await (await import("./lib/modes/sync/sync.ts")).sync(options, terminalOut)
    );
  root.command("preauth")
    .description("on a host, in your session: approve once, then connect freely for a while")
    .option("--for <TIME>", "for how long, such as 10m or 2h", "30m")
    .addOption(
      new Option("--only <WHAT>", "only rsync, scp, sftp and git; not where PAM asks")
        .choices(["transfer"]),
    )
    .option("--config <FILE>", "host.toml (default: /etc/gatehouse/host.toml)")
    .action(async (options: PreauthOptions) =>
      await (await import("./lib/modes/preauth.ts")).preauth(options, terminalOut)
    );
}

/** Up to -e they are google-authenticator's. */
const ENROLL_OPTIONS: readonly (readonly [flags: string, description: string])[] = [
  ["-t, --time-based", "codes of the time (TOTP), the default"],
  ["-c, --counter-based", "counted codes (HOTP)"],
  ["-C, --no-confirm", "do not ask for a code of the app before saving"],
  ["-d, --disallow-reuse", "accept each time-based code once"],
  ["-D, --allow-reuse", "accept a time-based code again while it is valid"],
  ["-f, --force", "overwrite what is there"],
  ["-l, --label <LABEL>", "how the app lists it (default: USER@HOST)"],
  ["-i, --issuer <ISSUER>", "whose it is, for the app (default: HOST)"],
  ["-q, --quiet", "print nothing, ask nothing"],
  ["-Q, --qr-mode <MODE>", "NONE, or ANSI or UTF8, with _INVERSE or _GREY"],
  ["-r, --rate-limit <N>", "at most N tries (1 to 10) ..."],
  ["-R, --rate-time <M>", "... in M seconds (15 to 600)"],
  ["-u, --no-rate-limit", "any number of tries"],
  ["-s, --secret <FILE>", "where it is kept (default: host.toml's codes.secret)"],
  ["-S, --step-size <S>", "seconds that a code lives (1 to 60, default: 30)"],
  ["-w, --window-size <W>", "how many codes are valid at once (1 to 21)"],
  ["-W, --minimal-window", "as few as possible"],
  ["-e, --emergency-codes <N>", "how many scratch codes (0 to 10, default: 5)"],
  ["--user <NAME>", "root only: whose account"],
  ["--yes", "the safe answer to every question that no option answers"],
  ["--json", "for programs; as --yes"],
  ["--config <FILE>", "host.toml (default: /etc/gatehouse/host.toml if it exists)"],
  ["--show", "the QR code once more, for a new phone"],
  ["--rotate", "a new secret; the old one counts until the new one was used"],
  ["--revoke", "remove the authenticator"],
  ["--import <FILE>", "take over google-authenticator's file, or SSH2FA's list"],
  ["--emergency <N>", "N more scratch codes (1 to 10)"],
];

function addEnroll(root: Command): void {
  const enroll = root.command("enroll")
    .description("on a host: set up an authenticator app for an account")
    .helpOption("-h, --help", "show this help");
  for (const [flags, description] of ENROLL_OPTIONS) {
    const option = new Option(flags, description);
    // Else --no-confirm would be the opposite of a --confirm, and true when it is not there.
    option.negate = false;
    const once = (value: unknown, before: unknown) => {
      if (before === undefined) return value;
      const flag = option.short ?? option.long ?? "";
      throw new Failure(Exit.usage, `${flag} is given more than once`, "say it once");
    };
    // The value of an option that takes none.
    if (!option.required) option.preset(true);
    enroll.addOption(option.argParser(once));
  }
  enroll.action(async (options: GivenOptions) =>
    await (await import("./lib/modes/enroll/enroll.ts")).enroll(options)
  );
}

function addEmergency(root: Command): void {
  const emergency = group(root, "emergency", "on a host: the code for when all else fails");
  const command = (name: string, description: string) =>
    emergency.command(name).description(description)
      .option("--config <FILE>", "host.toml (default: /etc/gatehouse/host.toml if it exists)")
      .option("--json", "for programs");
  command("set", "make one, shown once; it lets in where PAM asks for a code")
    .option("--ask", "type one of your own instead, twice")
    .action(async (options: EmergencyOptions) =>
      await (await import("./lib/modes/emergency.ts")).emergencySet(options, terminalOut)
    );
  command("remove", "from then on there is none")
    .action(async (options: EmergencyOptions) =>
      await (await import("./lib/modes/emergency.ts")).emergencyRemove(options, terminalOut)
    );
  command("check", "is there one, and is it root's alone?")
    .option("--ask", "type it, to see whether it is the one")
    .action(async (options: EmergencyOptions) =>
      await (await import("./lib/modes/emergency.ts")).emergencyCheck(options, terminalOut)
    );
}

function addDoctor(root: Command, end: (status: number) => void): void {
  const doctor = root.command("doctor")
    .description("on a host: is it really guarded, and will anyone be locked out?")
    .helpCommand(false)
    .enablePositionalOptions()
    .option("--root <DIR>", "a tree that is not this machine, such as an image")
    .option("--config <FILE>", "host.toml (default: those that sshd and PAM are told of)")
    .option("--json", "for programs")
    .option("--quiet", "print nothing where nothing is worse than info")
    .option("--fix", "mend what is safe to mend: owners, modes, left-over secrets")
    .option("--report", "tell the approval server what was found")
    .option("--watch <FILE>", "examine again and again, and write FILE for Prometheus")
    .option("--every <TIME>", "with --watch: how often (default: 5m)")
    .action(async (options: DoctorOptions) =>
      end(await (await import("./lib/modes/doctor/doctor.ts")).doctor(options, terminalOut))
    );
  const all = (entry: string, before: readonly string[] = []) => [...before, entry];
  doctor.command("simulate <SERVICE>")
    .description("what libpam makes of a service's configuration, line by line")
    .addOption(
      new Option("--type <TYPE>", "which of its stacks").choices(PAM_TYPES).default("auth"),
    )
    .option("--call <CALL>", "setcred or close_session, where that is not the first of the type")
    .option("--assume <MODULE=RESULT,...>", "what a module, or a FILE:LINE, returns", all)
    .option("--root <DIR>", "a tree that is not this machine")
    .option("--json", "for programs")
    .action(async (service: string, options: SimulateOptions) => {
      if (Object.keys(doctor.opts()).length > 0) {
        throw new Failure(
          Exit.usage,
          "options of a command are written behind it",
          "as in: gatehouse doctor simulate sshd --root DIR",
        );
      }
      await (await import("./lib/modes/doctor/simulate.ts")).simulate(
        service,
        options,
        terminalOut,
      );
    });
}

/** `gatehouse GROUP COMMAND` */
function group(root: Command, name: string, description: string): Command {
  return root.command(name).description(description).helpCommand(false);
}
