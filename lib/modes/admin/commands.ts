/** The administrative part of the command line: what works on the server's data. */
import { type Command, Option } from "commander";
import { Exit, Failure } from "../../core/errors.ts";
import type { CommandOptions } from "./administration.ts";
import type { RevokeOptions } from "./grant.ts";
import type { TestOptions } from "./notify.ts";
import type { PersonOptions } from "./person.ts";
import type { ChangeOptions } from "./person_change.ts";
import { terminalOut } from "../../io/out.ts";

/** @param server the command `gatehouse server`, which has some below it */
export function addAdministration(root: Command, server: Command): void {
  addServerCommands(server);
  addHosts(root);
  addPersons(root);
  addAccounts(root);
  addGrants(root);
  addLogins(root);
  addAudit(root);
  addNotify(root);
}

function addServerCommands(server: Command): void {
  const alone = () => {
    const [name] = Object.keys(server.opts());
    if (name === undefined) return;
    throw new Failure(
      Exit.usage,
      "options of a command are written behind it",
      "as in: gatehouse server backup FILE --data DIR",
    );
  };
  atServer(server.command("backup <FILE>"), "database, audit log and keys, while the server runs")
    .action(async (file: string, options: CommandOptions) => {
      alone();
      await (await import("./backup.ts")).serverBackup(file, options, terminalOut);
    });
  atServer(server.command("restore <FILE>"), "into a data directory that is empty")
    .action(async (file: string, options: CommandOptions) => {
      alone();
      await (await import("./restore.ts")).serverRestore(file, options, terminalOut);
    });
  atServer(server.command("rotate-secrets"), "another key for secrets, while the server runs")
    .action(async (options: CommandOptions) => {
      alone();
      await (await import("./rotate_secrets.ts")).rotateSecrets(options, terminalOut);
    });
}

function addHosts(root: Command): void {
  const host = group(root, "host", "at the server: the machines that may ask");
  atServer(host.command("add <NAME>"), "let a machine ask; prints the line to run there")
    .action(async (name: string, options: CommandOptions) =>
      await (await import("./host.ts")).hostAdd(name, options, terminalOut)
    );
  atServer(host.command("list"), "who joined, and was seen when")
    .action(async (options: CommandOptions) =>
      await (await import("./host.ts")).hostList(options, terminalOut)
    );
  atServer(host.command("revoke <NAME>"), "its token is worthless from then on")
    .action(async (name: string, options: CommandOptions) =>
      await (await import("./host.ts")).hostRevoke(name, options, terminalOut)
    );
}

function addPersons(root: Command): void {
  const person = group(root, "person", "at the server: the people who approve");
  rights(
    atServer(person.command("add <NAME>"), "add somebody; prints the link that lets them in"),
    { approves: " (default: own)", language: " (default: auto)" },
  )
    .option("--administrator", "may approve all accounts, and sees the pages of administrators")
    .action(async (name: string, options: PersonOptions) =>
      await (await import("./person.ts")).personAdd(name, options, terminalOut)
    );
  atServer(person.command("list"), "who there is, with how many devices, last used when")
    .action(async (options: CommandOptions) =>
      await (await import("./person.ts")).personList(options, terminalOut)
    );
  atServer(person.command("invite <NAME>"), "another link; earlier ones are worthless then")
    .action(async (name: string, options: CommandOptions) =>
      await (await import("./person.ts")).personInvite(name, options, terminalOut)
    );
  rights(atServer(person.command("change <NAME>"), "what is not given stays as it is"))
    .option("--name <NEW>", "another name")
    .option("--administrator", "may approve all accounts, and sees the pages of administrators")
    .option("--no-administrator", "not any more")
    .action(async (name: string, options: ChangeOptions) =>
      await (await import("./person_change.ts")).personChange(name, options, terminalOut)
    );
  atServer(person.command("freeze <NAME>"), "can neither sign in nor approve, until unfrozen")
    .action(async (name: string, options: CommandOptions) =>
      await (await import("./person_change.ts")).personFreeze(name, options, terminalOut)
    );
  atServer(person.command("unfreeze <NAME>"), "everything as before")
    .action(async (name: string, options: CommandOptions) =>
      await (await import("./person_change.ts")).personUnfreeze(name, options, terminalOut)
    );
  atServer(person.command("remove <NAME>"), "for good; devices, sessions and grants end")
    .action(async (name: string, options: CommandOptions) =>
      await (await import("./person_change.ts")).personRemove(name, options, terminalOut)
    );
  atServer(person.command("devices <NAME>"), "passkeys and authenticators, last used when")
    .action(async (name: string, options: CommandOptions) =>
      await (await import("./person_devices.ts")).personDevices(name, options, terminalOut)
    );
  atServer(
    person.command("revoke-device <NAME> <DEVICE...>"),
    "a lost phone: what it was proves nothing any more; DEVICE by name or id",
  )
    .action(async (name: string, devices: string[], options: CommandOptions) =>
      await (await import("./person_devices.ts"))
        .personRevokeDevice(name, devices, options, terminalOut)
    );
}

/** @param unsaid what holds where an option is not given; without, what is there stays */
function rights(command: Command, unsaid = { approves: "", language: "" }): Command {
  const all = (entry: string, before: readonly string[] = []) => [...before, entry];
  return command
    .addOption(
      new Option(
        "--approves <PATTERN>",
        'whose logins: "own", or as "deploy@web*", "deploy@group:web"; several times for several' +
          unsaid.approves,
      ).argParser(all),
    )
    .addOption(
      new Option(
        "--contact <CHANNEL=WHO>",
        'where messages go, as in "telegram=12345", by the channel\'s name in server.toml; several ' +
          'times for several, which are tried in that order; "telegram=": none there',
      ).argParser(all),
    )
    .option("--wecom <WHO>", "the same as --contact wecom=WHO")
    .addOption(
      new Option("--language <LANGUAGE>", `of messages and pages${unsaid.language}`)
        .choices(["auto", "en", "zh-CN"]),
    );
}

function addAccounts(root: Command): void {
  const account = group(root, "account", "at the server: accounts on hosts that are kept shut");
  atServer(account.command("freeze <USER[@HOST]>"), "nobody gets in, on any host or on that one")
    .action(async (named: string, options: CommandOptions) =>
      await (await import("./account.ts")).accountFreeze(named, options, terminalOut)
    );
  atServer(account.command("unfreeze <USER[@HOST]>"), "logins can be approved again")
    .action(async (named: string, options: CommandOptions) =>
      await (await import("./account.ts")).accountUnfreeze(named, options, terminalOut)
    );
  atServer(account.command("list"), "what is frozen, since when, and why")
    .action(async (options: CommandOptions) =>
      await (await import("./account.ts")).accountList(options, terminalOut)
    );
}

function addGrants(root: Command): void {
  const grant = group(root, "grant", "at the server: approvals that are remembered");
  atServer(grant.command("list"), "those in force")
    .action(async (options: CommandOptions) =>
      await (await import("./grant.ts")).grantList(options, terminalOut)
    );
  atServer(grant.command("revoke [ID]"), "from then on a person is asked again")
    .option("--user <NAME>", "all of that user on the hosts")
    .action(async (id: string | undefined, options: RevokeOptions) =>
      await (await import("./grant.ts")).grantRevoke(id, options, terminalOut)
    );
}

function addLogins(root: Command): void {
  const login = group(root, "login", "at the server: decide logins at the terminal");
  atServer(login.command("list"), "pending and recent logins")
    .action(async (options: CommandOptions) =>
      await (await import("./login.ts")).loginList(options, terminalOut)
    );
  atServer(login.command("approve <ID>"), "let it in; ID as listed")
    .action(async (id: string, options: CommandOptions) =>
      await (await import("./login.ts")).loginApprove(id, options, terminalOut)
    );
  atServer(login.command("deny <ID>"), "keep it out")
    .action(async (id: string, options: CommandOptions) =>
      await (await import("./login.ts")).loginDeny(id, options, terminalOut)
    );
}

function addAudit(root: Command): void {
  const audit = group(root, "audit", "at the server: what happened");
  atServer(audit.command("show"), "the audit log, readable")
    .action(async (options: CommandOptions) =>
      await (await import("./audit.ts")).auditShow(options, terminalOut)
    );
  atServer(audit.command("verify"), "is its chain whole?")
    .action(async (options: CommandOptions) =>
      await (await import("./audit.ts")).auditVerify(options, terminalOut)
    );
}

function addNotify(root: Command): void {
  const notify = group(root, "notify", "at the server: the channels that reach people");
  atServer(notify.command("list"), "what server.toml has, and how many persons each reaches")
    .action(async (options: CommandOptions) =>
      await (await import("./notify_list.ts")).notifyList(options, terminalOut)
    );
  atServer(
    notify.command("test <CHANNEL>"),
    "send a test; says what became of it, and what to mend",
  )
    .option("--to <WHO>", "a person's name, or a contact (default: the first of its alerts)")
    .action(async (name: string, options: TestOptions) =>
      await (await import("./notify.ts")).notifyTest(name, options, terminalOut)
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
    .option("--data <DIR>", "its data (default: what server.toml says, else /var/lib/gatehouse)")
    .option("--json", "for programs");
}
