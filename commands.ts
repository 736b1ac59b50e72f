/** The command line of everything but the gate: options, help, and which mode a command loads. */
import { Command, CommanderError, Option } from "commander";
import { Exit, Failure } from "./lib/core/errors.ts";
import { VERSION } from "./lib/core/version.ts";
import { terminalOut } from "./lib/io/out.ts";
import type { CommandOptions } from "./lib/modes/admin/administration.ts";

/** @returns the exit status @throws Failure */
export async function runCommand(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync([...args], { from: "user" });
    return Exit.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version were asked for; anything else is a fault of usage.
    if (error.exitCode === 0) return Exit.ok;
    if (error.code === "commander.help") return Exit.usage;
    throw new Failure(Exit.usage, error.message.replace(/^error: /, ""), "see gatehouse --help");
  }
}

function program(): Command {
  const root = new Command("gatehouse")
    .description("A second factor for SSH: a person approves each login on a phone.")
    .version(`gatehouse ${VERSION}`, "--version", "print the version")
    .helpOption("--help", "show this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  addServer(root);
  addHostSide(root);
  addHosts(root);
  addLogins(root);
  addAudit(root);
  root.command("version").description("print the version")
    .action(() => terminalOut.line(`gatehouse ${VERSION}`));
  return root;
}

function addServer(root: Command): void {
  root.command("server")
    .description("the approval server")
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
  root.command("join <URL> <TOKEN>")
    .description("on a host: pin the server's key and write host.toml")
    .option("--config <FILE>", "what to write (default: /etc/gatehouse/host.toml)")
    .action(async (url: string, token: string, options: { config?: string }) =>
      await (await import("./lib/modes/join.ts")).join(url, token, options, terminalOut)
    );
}

function addHosts(root: Command): void {
  const host = group(root, "host", "at the server: the machines that may ask");
  atServer(host.command("add <NAME>"), "let a machine ask; prints the line to run there")
    .action(async (name: string, options: CommandOptions) =>
      await (await import("./lib/modes/admin/host.ts")).hostAdd(name, options, terminalOut)
    );
  atServer(host.command("list"), "who joined, and was seen when")
    .action(async (options: CommandOptions) =>
      await (await import("./lib/modes/admin/host.ts")).hostList(options, terminalOut)
    );
  atServer(host.command("revoke <NAME>"), "its token is worthless from then on")
    .action(async (name: string, options: CommandOptions) =>
      await (await import("./lib/modes/admin/host.ts")).hostRevoke(name, options, terminalOut)
    );
}

function addLogins(root: Command): void {
  const login = group(root, "login", "at the server: decide logins at the terminal");
  atServer(login.command("list"), "pending and recent logins")
    .action(async (options: CommandOptions) =>
      await (await import("./lib/modes/admin/login.ts")).loginList(options, terminalOut)
    );
  atServer(login.command("approve <ID>"), "let it in; ID as listed")
    .action(async (id: string, options: CommandOptions) =>
      await (await import("./lib/modes/admin/login.ts")).loginApprove(id, options, terminalOut)
    );
  atServer(login.command("deny <ID>"), "keep it out")
    .action(async (id: string, options: CommandOptions) =>
      await (await import("./lib/modes/admin/login.ts")).loginDeny(id, options, terminalOut)
    );
}

function addAudit(root: Command): void {
  const audit = group(root, "audit", "at the server: what happened");
  atServer(audit.command("show"), "the audit log, readable")
    .action(async (options: CommandOptions) =>
      await (await import("./lib/modes/admin/audit.ts")).auditShow(options, terminalOut)
    );
  atServer(audit.command("verify"), "is its chain whole?")
    .action(async (options: CommandOptions) =>
      await (await import("./lib/modes/admin/audit.ts")).auditVerify(options, terminalOut)
    );
}

/** `gatehouse GROUP COMMAND` */
function group(root: Command, name: string, description: string): Command {
  return root.command(name).description(description).helpCommand(false);
}

function atServer(command: Command, description: string): Command {
  return command
    .description(description)
    .option("--config <FILE>", "server.toml (default: /etc/gatehouse/server.toml if it exists)")
    .option("--data <DIR>", "the server's data directory (default: /var/lib/gatehouse)")
    .option("--json", "for programs");
}
