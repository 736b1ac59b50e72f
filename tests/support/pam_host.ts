/** A host whose PAM asks gatehouse: a real sshd, and services for whatever else logs in. */
import { binary } from "./binary.ts";
import { type HostToml, hostToml } from "./gate.ts";
import { PamModule } from "./pam_module.ts";
import { Syslog } from "./pam_host_log.ts";
import { mustRun, shellQuote } from "./process.ts";
import type { Scratch } from "./scratch.ts";
import { type Sshd, startSshd } from "./sshd.ts";
import { createUser, type User } from "./users.ts";

/** host.toml, with what only PAM reads. */
export interface PamToml extends HostToml {
  readonly contact?: "server" | "gecos";
  /** Account → whom its PINs go to. */
  readonly contacts?: Record<string, string | readonly string[]>;
}

/** What guards a service: lines of pam.d in which MODULE stands for ours and where it finds its parts. */
export type Stack = readonly string[];

/** What Debian's services have besides `auth`. */
const NO_MORE = ["account required pam_unix.so", "session required pam_permit.so"];
export const CODE_ALONE: Stack = ["auth required MODULE mode=code", ...NO_MORE];
export const APPROVAL_ALONE: Stack = ["auth required MODULE mode=approve", ...NO_MORE];
export const PIN_ALONE: Stack = ["auth required MODULE mode=pin", ...NO_MORE];

/** A stack with these lines for `auth`. */
export const stack = (...auth: readonly string[]): Stack => [
  ...auth.map((line) => `auth ${line}`),
  ...NO_MORE,
];

export class PamHost implements AsyncDisposable {
  readonly #things = new AsyncDisposableStack();
  #memories = 0;

  private constructor(
    readonly module: PamModule,
    readonly log: Syslog,
    /** The executable, which is the module's helper; no other process of the machine runs this copy. */
    readonly binary: string,
    /** Path of host.toml, read at each login. */
    readonly config: string,
    /** sshd's PAM service. */
    readonly sshdService: string,
    /** Path of a private key. */
    readonly key: string,
    /** Of an account that is let in with that key. */
    readonly password: string,
    private readonly servers: { sshd?: Sshd; user?: User },
  ) {}

  /**
   * With an sshd where a key alone is never enough, and passwords are what PAM says.
   * @param lines for sshd_config, before all others @param match blocks, after all others
   */
  static async start(lines: readonly string[] = [], match: readonly string[] = []) {
    const module = await PamModule.build();
    const { folder } = module;
    try {
      const log = await Syslog.open(folder);
      const executable = `${folder.path}/gatehouse`;
      await Deno.copyFile(binary(), executable);
      await folder.dir("etc", 0o700);
      const config = await folder.file("etc/host.toml", "", 0o600);
      await folder.dir("codes", 0o700);
      const service = await module.service([]);
      const key = await folder.key("client_key");
      const password = crypto.randomUUID();
      const servers: { sshd?: Sshd; user?: User } = {};
      const host = new PamHost(module, log, executable, config, service, key, password, servers);
      try {
        await host.configure();
        await host.guard(service, CODE_ALONE);
        servers.sshd = await host.startSshd(lines, match);
        servers.user = await host.addUser();
        return host;
      } catch (error) {
        await host[Symbol.asyncDispose]();
        throw error;
      }
    } catch (error) {
      await module[Symbol.asyncDispose]().catch(() => {});
      throw error;
    }
  }

  get folder(): Scratch {
    return this.module.folder;
  }

  get sshd(): Sshd {
    return must(this.servers.sshd);
  }

  /** An ordinary account with a password and a key. */
  get user(): User {
    return must(this.servers.user);
  }

  /** One more; its service is `sshdService` too. */
  async startSshd(lines: readonly string[] = [], match: readonly string[] = []): Promise<Sshd> {
    const { folder, sshdService } = this;
    // sshd's PAM service is called as sshd is, and it starts itself anew under its own name.
    const named = `${folder.path}/${sshdService}`;
    await Deno.symlink("/usr/sbin/sshd", named).catch(() => {});
    const argv = this.log.around([named]).map(shellQuote).join(" ");
    const program = await folder.file(
      `start-${crypto.randomUUID().slice(0, 8)}`,
      `#!/bin/sh\nexec ${argv} "$@"\n`,
      0o755,
    );
    const sshd = await startSshd(folder, {
      program,
      usePam: true,
      lines: [
        ...lines,
        "KbdInteractiveAuthentication yes",
        "AuthenticationMethods publickey,keyboard-interactive:pam keyboard-interactive:pam",
      ],
      match,
    });
    this.#things.use(sshd);
    const user = this.servers.user?.name;
    for (const name of ["root", ...user === undefined ? [] : [user]]) {
      await sshd.authorize(name, this.key);
    }
    return sshd;
  }

  /** Another account with a password and a key for the first sshd. */
  async addUser(): Promise<User> {
    const user = this.#things.use(await createUser(this.folder));
    await mustRun(["chpasswd"], { input: `${user.name}:${this.password}\n` });
    await this.servers.sshd?.authorize(user.name, this.key);
    return user;
  }

  /** host.toml, its codes in the folder, with nothing remembered of earlier ones. */
  async configure({ contacts = {}, ...settings }: PamToml = {}): Promise<void> {
    const { path } = this.folder;
    const codes = {
      secret: `${path}/codes/\${USER}`,
      spent: `${path}/spent-${this.#memories++}`,
      emergency: `${path}/etc/emergency`,
      ...settings.codes,
    };
    const table = Object.entries(contacts).map(([name, to]) => `${name} = ${JSON.stringify(to)}\n`);
    const text = `${hostToml({ ...settings, codes })}[contacts]\n${table.join("")}`;
    await Deno.writeTextFile(this.config, text);
  }

  /** Writes a service's stack. */
  async guard(service: string, stack: Stack): Promise<void> {
    const { module, binary, config } = this;
    const ours = `${module.path} helper=${binary} config=${config}`;
    const lines = stack.map((line) => `${line.replace("MODULE", ours)}\n`);
    await Deno.writeTextFile(`/etc/pam.d/${service}`, lines.join(""));
  }

  /** What guards sshd from now on. */
  async guardSshd(stack: Stack): Promise<void> {
    await this.guard(this.sshdService, stack);
  }

  /** Gives the account a code file; its path. */
  async enroll(text: string, user = this.user.name): Promise<string> {
    return await this.folder.file(`codes/${user}`, text, 0o400);
  }

  /** Takes the code file away again, if there is one. */
  async unenroll(user = this.user.name): Promise<void> {
    await Deno.remove(`${this.folder.path}/codes/${user}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#things.disposeAsync();
    await this.log[Symbol.asyncDispose]();
    await this.module[Symbol.asyncDispose]();
  }
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("it is not there yet");
  return value;
}
