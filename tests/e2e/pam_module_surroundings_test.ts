/** What the helper is given, what the module looks at, and what the module is made of. */
import { deepEqual, equal, match } from "node:assert/strict";
import { buildPamModule, PAM_MODULE_SOURCES } from "../../scripts/pam_module.ts";
import { ROOT } from "../../scripts/run.ts";
import { appears, sharing } from "../support/gate.ts";
import {
  beginPam,
  gone,
  noted,
  pam,
  type PamLogin,
  PamModule,
  WAITS,
} from "../support/pam_module.ts";
import { mustRun } from "../support/process.ts";
import { createUser } from "../support/users.ts";

const test = sharing(() => PamModule.build());
const SUCCESS = "say 'RESULT success'";
const PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

/** Environment and arguments as it was started with, NUL between them. */
async function startedWith(
  module: PamModule,
  more: Omit<Parameters<typeof beginPam>[0], "module" | "helper">,
) {
  const { tester, helper } = await beginPam({
    ...more,
    module,
    helper: `cat /proc/$$/environ >"$0.environ"; cat /proc/$$/cmdline >"$0.cmdline"; ${SUCCESS}`,
  });
  equal((await tester.done).code, 0);
  const read = async (what: string) =>
    (await Deno.readTextFile(`${helper}.${what}`)).split("\0").slice(0, -1);
  // A script's command line begins with its interpreter and its own path.
  return { environ: (await read("environ")).toSorted(), options: (await read("cmdline")).slice(2) };
}

test("the helper's environment is what PAM says, and nothing of the application's", async (module) => {
  const { environ: bare } = await startedWith(module, {});
  const [, service = ""] = /^PAM_SERVICE=(.*)$/m.exec(bare.join("\n")) ?? [];
  deepEqual(bare, ["PAM_SERVICE=" + service, "PAM_TYPE=auth", "PAM_USER=root", PATH]);

  const told = {
    SSH_CONNECTION: "192.0.2.1 2 192.0.2.3 4",
    SSH_AUTH_INFO_0: "publickey ssh-ed25519 AAAA\n",
    LANG: "zh_CN.UTF-8",
    LC_ALL: "C",
    LC_MESSAGES: "",
  };
  const variables = Object.entries({ ...told, LD_PRELOAD: "x.so", HOME: "/" });
  const items = { rhost: "192.0.2.1", tty: "ssh", ruser: "somebody" };
  const { environ } = await startedWith(module, {
    arguments: [
      ...variables.map(([name, value]) => `-E${name}=${value}`),
      ...Object.entries(items).map(([name, value]) => `-I${name}=${value}`),
    ],
  });
  deepEqual(
    environ.filter((line) => !line.startsWith("PAM_SERVICE=")),
    [
      ...Object.entries(told).map(([name, value]) => `${name}=${value}`),
      ...Object.entries(items).map(([name, value]) => `PAM_${name.toUpperCase()}=${value}`),
      ...["PAM_TYPE=auth", "PAM_USER=root", PATH],
    ].toSorted(),
  );
});

test("the helper is told that pam_unix in front was not content with the password", async (module) => {
  await using user = await createUser(module.folder);
  const told = async (typed: string, change: Partial<PamLogin> = {}, options = "") => {
    const { tester, helper } = await beginPam({
      module,
      helper: `cat /proc/$$/environ >"$0.environ"; ${SUCCESS}`,
      user: user.name,
      lines: [`auth required pam_unix.so nodelay ${options}`, "auth required MODULE"],
      input: typed,
      ...change,
    });
    await tester.done;
    const environ = (await Deno.readTextFile(`${helper}.environ`)).split("\0");
    return environ.filter((line) => line.startsWith("GATEHOUSE_"));
  };
  const DENIED = ["GATEHOUSE_UNIX=denied"];
  const behind = ["auth required MODULE", "auth required pam_unix.so nodelay"];
  const beside = ["auth sufficient pam_unix.so nodelay", "auth required MODULE"];
  for (const options of ["", "likeauth", "nullok try_first_pass"]) {
    await mustRun(["chpasswd"], { input: `${user.name}:right\n` });
    deepEqual(await told("right\n", {}, options), []);
    for (const typed of ["wrong\n", "\n", `${"x".repeat(400)}\n`]) {
      deepEqual(await told(typed, {}, options), DENIED, typed);
    }
    // The end of input, as by Ctrl-D: no password at all.
    deepEqual(await told("", {}, options), DENIED);
    deepEqual(await told("wrong\n", { user: "nobody-of-that-name" }, options), DENIED);
    await mustRun(["usermod", "--lock", user.name]);
    deepEqual(await told("right\n", {}, options), DENIED);
    await mustRun(["usermod", "--password", "*", user.name]);
    deepEqual(await told("right\n", {}, options), DENIED);
  }
  await mustRun(["chpasswd"], { input: `${user.name}:right\n` });
  deepEqual(await told("wrong\n", { lines: beside }), DENIED);
  deepEqual(await told("wrong\n", { lines: behind }), []);
});

test("all options but helper= are the helper's, unread", async (module) => {
  const options = [
    "config=/etc/x.toml",
    "nullok",
    "[a b]",
    "mode=pin",
    "timeout=5",
    "--option=x",
    "-",
  ];
  deepEqual((await startedWith(module, { options })).options, [
    "pam",
    "--option=config=/etc/x.toml",
    "--option=nullok",
    "--option=a b",
    "--option=mode=pin",
    "--option=timeout=5",
    "--option=--option=x",
    "--option=-",
  ]);
});

test("more options than there is room for deny", async (module) => {
  const options = (count: number) => Array.from({ length: count }, () => "x");
  // The helper's path is one of them.
  equal((await pam({ module, helper: SUCCESS, options: options(59) })).verdict, "success");
  equal(
    (await pam({ module, helper: SUCCESS, options: options(60) })).verdict,
    "Authentication failure",
  );
});

test("the helper has one socket, no descriptor of the application's, and signals as they were made", async (module) => {
  const { tester, helper } = await beginPam({
    module,
    helper: "note umask $(umask); note pid $$; say 'PROMPT_ECHO_ON Ready: '; hear",
    input: "open",
    around: `trap "" PIPE USR1 TERM; umask 0; cd /tmp; exec 7</etc/passwd 9>/dev/null; exec "$@"`,
  });
  await tester.err("Ready: ");
  const pid = await noted(helper, "pid");
  const names = await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`), ({ name }) => name);
  const open = await Promise.all(
    names.toSorted().map(async (name) => [name, await Deno.readLink(`/proc/${pid}/fd/${name}`)]),
  );
  const [[, socket = ""] = []] = open;
  match(socket, /^socket:\[[0-9]+\]$/);
  // dash reads its script from descriptor 10.
  deepEqual(open.filter(([, target]) => target !== helper), [
    ["0", socket],
    ["1", socket],
    ["2", "/dev/null"],
  ]);
  equal(await Deno.readLink(`/proc/${pid}/cwd`), "/");
  equal(await noted(helper, "umask"), "0077");
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  // 32 and 33 are the C library's own: it lets nobody set them.
  const mask = (name: string) =>
    BigInt(`0x${new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1]}`) & ~0x180000000n;
  deepEqual([mask("SigIgn"), mask("SigBlk")], [0n, 0n]);
  const group = /^NSpgid:\s+([0-9]+)/m.exec(status)?.[1];
  equal(group, pid);
  await tester.kill();
  await gone(Number(pid));
});

test("an application that has closed its own descriptors is served as well", async (module) => {
  const helper = `say 'INFO x'; say GET_AUTHTOK; hear; [ "$heard" = NO_ANSWER ] && ${SUCCESS}`;
  for (const closed of ["<&-", "<&- >&-", "<&- >&- 2>&-", ">&- 2>&-", "2>&-"]) {
    const { tester } = await beginPam({ module, helper, around: `exec "$@" ${closed}` });
    equal((await tester.done).code, 0, closed);
  }
});

test("su's caller, whose real ids the application has, is not the helper's", async (module) => {
  const { tester, helper } = await beginPam({
    module,
    helper: `cat /proc/$$/status >"$0.status"; ${SUCCESS}`,
    around: `exec setpriv --ruid 61234 --rgid 61234 --clear-groups "$@"`,
  });
  const { code, err } = await tester.done;
  equal(code, 0, err);
  const status = await Deno.readTextFile(`${helper}.status`);
  match(status, /^Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0$/m);
});

/** Name → soft and hard limit, as in proc(5). */
function limitsIn(table: string): Map<string, readonly [soft: string, hard: string]> {
  const lines = table.matchAll(/^Max (.*?) {2,}(\S+) +(\S+)/gm);
  return new Map(Array.from(lines, ([, name = "", soft = "", hard = ""]) => [name, [soft, hard]]));
}

test("su's caller, who made the application's limits and priorities, does not make the helper's", async (module) => {
  const cpus = (status: string) => /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "";
  const ours = cpus(await Deno.readTextFile("/proc/self/status"));
  const [one = ""] = ours.split(/[-,]/);
  // The soft ones alone: root may not raise the hard ones in many containers.
  const limits = "--fsize=200: --cpu=1000: --as=8000000000: --data=4000000000: --rss=1000000000: " +
    "--stack=1000000: --nofile=64: --nproc=9000: --memlock=1000: --locks=100: --sigpending=100: " +
    "--msgqueue=100: --rttime=1000000:";
  const { tester, helper } = await beginPam({
    module,
    helper: `for file in limits stat status; do cat /proc/$$/$file >"$0.$file"; done
      ionice -p $$ >"$0.ionice"; ${SUCCESS}`,
    around: `exec prlimit ${limits} taskset -c ${one} chrt -i 0 nice -n 19 ionice -c 3 "$@"`,
  });
  const { code, err } = await tester.done;
  equal(code, 0, err);
  const kept = limitsIn(await noted(helper, "limits"));
  equal(kept.size, 16);
  deepEqual([...kept].filter(([, [soft, hard]]) => soft !== hard), [
    ["stack size", ["8388608", "unlimited"]],
    ["open files", ["1024", "4096"]],
  ]);
  deepEqual(kept.get("core file size"), ["0", "0"]);
  // proc(5): nice is the 19th, the policy the 41st. The second, in brackets, is the program's name.
  const [, stat = ""] = (await noted(helper, "stat")).split(") ");
  const fields = stat.split(" ");
  deepEqual([fields[19 - 3], fields[41 - 3]], ["0", "0"]);
  equal(cpus(await noted(helper, "status")), ours);
  match(await noted(helper, "ionice"), /^(?:none|best-effort): prio [0-9]$/);
});

test("a hard limit that could end the helper halfway is raised, or denies where root may not", async (module) => {
  const under = async (limit: string, capabilities: string) => {
    const { tester, helper } = await beginPam({
      module,
      helper: `cat /proc/$$/limits >"$0.limits"; ${SUCCESS}`,
      around: `exec prlimit ${limit} setpriv --bounding-set=${capabilities} "$@"`,
    });
    const { code } = await tester.done;
    return code === 0 ? limitsIn(await noted(helper, "limits")) : undefined;
  };
  const WITHOUT = "-sys_resource";
  const status = await Deno.readTextFile("/proc/self/status");
  const bits = BigInt(`0x${/^CapEff:\s*(\S+)$/m.exec(status)?.[1]}`);
  // CAP_SYS_RESOURCE (capabilities(7)).
  const may = (bits >> 24n & 1n) === 1n;
  for (const [limit, name] of [["fsize", "file size"], ["cpu", "cpu time"]] as const) {
    equal(await under(`--${limit}=1000`, WITHOUT), undefined, limit);
    const unlimited = may ? ["unlimited", "unlimited"] : undefined;
    deepEqual((await under(`--${limit}=1000`, "+all"))?.get(name), unlimited, limit);
  }
  deepEqual((await under("--nofile=64:100", WITHOUT))?.get("open files"), ["100", "100"]);
});

const ADDRESSES: [name: string, peer: string, rhost: string, variables: string[]][] = [
  ["by PAM_RHOST", "127.0.0.1", "127.0.0.1", []],
  ["of IPv4 on a socket for IPv6", "::ffff:127.0.0.1", "127.0.0.1", []],
  ["by SSH_CONNECTION, where PAM_RHOST is a name", "127.0.0.1", "a.name", ["PORT"]],
];

for (const [name, peer, rhost, variables] of ADDRESSES) {
  test(`a client that goes away while the helper works ends it: ${name}`, async (module) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const arriving = listener.accept();
    const { port } = listener.addr;
    // The application is a client of ours here: what counts is who is at the other end.
    const { tester, helper } = await beginPam({
      module,
      helper: WAITS,
      arguments: [
        `-Irhost=${rhost}`,
        ...variables.map(() => `-ESSH_CONNECTION=127.0.0.1 ${port} 127.0.0.1 22`),
      ],
      around: `exec bash -c 'exec 5<>/dev/tcp/${peer}/${port}; exec "$@"' bash "$@"`,
    });
    await appears(`${helper}.pid`);
    (await arriving).close();
    const { err } = await tester.done;
    equal(err, "pamtester: Critical error - immediate abort\n");
    equal(await noted(helper, "end"), "SIGTERM");
    await gone(Number(await noted(helper, "pid")));
  });
}

test("connections of others do not matter", async (module) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const clients = [
    ["-Irhost=127.0.0.2"],
    [],
    ["-Irhost=127.0.0.1", `-ESSH_CONNECTION=127.0.0.1 ${port + 1} 127.0.0.1 22`],
    ["-Irhost=127.0.0.1", "-ESSH_CONNECTION=nonsense"],
  ];
  for (const client of clients) {
    const arriving = listener.accept();
    const { tester, helper } = await beginPam({
      module,
      helper: `note ready; say 'PROMPT_ECHO_ON Code: '; hear; say 'INFO still here'; ${SUCCESS}`,
      arguments: client,
      around: `exec bash -c 'exec 5<>/dev/tcp/127.0.0.1/${port}; exec "$@"' bash "$@"`,
      input: "open",
    });
    await appears(`${helper}.ready`);
    (await arriving).close();
    await tester.err("Code: ");
    await tester.write("1\n");
    equal((await tester.done).code, 0, client.join(" "));
  }
});

test("accounts, credentials and sessions pass; passwords are not for it to change", async (module) => {
  const kinds = ["auth", "account", "session", "password"];
  const lines = kinds.map((kind) => `${kind} required MODULE`);
  for (const operation of ["acct_mgmt", "setcred", "open_session", "close_session"]) {
    const { verdict, heard } = await pam({ module, lines, operations: [operation], helper: "" });
    deepEqual([verdict, heard], ["success", []], operation);
  }
  const { verdict } = await pam({ module, lines, operations: ["chauthtok"], helper: "" });
  equal(verdict, "Error in service module");
});

test("the same source gives the same module, without a path of the checkout's", async (module) => {
  const again = `${module.folder.path}/again.so`;
  equal(await buildPamModule(again), true);
  const bytes = await Deno.readFile(module.path);
  deepEqual(await Deno.readFile(again), bytes);
  equal(new TextDecoder("latin1").decode(bytes).includes(ROOT), false);
  const { out } = await mustRun(["readelf", "--wide", "--program-headers", "--dynamic", again]);
  match(out, /GNU_RELRO/);
  match(out, /BIND_NOW/);
  match(out, /GNU_STACK\s.*\sRW\s/);
  const { out: symbols } = await mustRun(["nm", "--dynamic", "--defined-only", again]);
  deepEqual(symbols.trim().split("\n").map((line) => line.split(" ").at(-1)), [
    "pam_sm_acct_mgmt",
    "pam_sm_authenticate",
    "pam_sm_chauthtok",
    "pam_sm_close_session",
    "pam_sm_open_session",
    "pam_sm_setcred",
  ]);
});

test("cppcheck finds nothing", async () => {
  const checks =
    "--enable=warning,performance,portability --inconclusive --library=posix --std=c11";
  await mustRun(
    ["cppcheck", "--quiet", "--error-exitcode=1", ...checks.split(" "), ...PAM_MODULE_SOURCES],
    { cwd: ROOT },
  );
});
