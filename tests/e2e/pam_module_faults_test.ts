/** Helpers that crash, flood, talk nonsense, never answer or never end: each denies, and nothing stays. */
import { deepEqual, equal } from "node:assert/strict";
import { appears, sharing } from "../support/gate.ts";
import { beginPam, gone, heardBy, noted, pam, PamModule, WAITS } from "../support/pam_module.ts";
import { allProcesses, commandLineOf } from "../support/process_tree.ts";
import { Scratch } from "../support/scratch.ts";

const test = sharing(() => PamModule.build());
const DENIED = "Authentication failure";
/** Starts a child that keeps what the helper has, and would stay. */
const CHILD = "sleep 1000 & note child $!";

/** What the helper does, after which a verdict of success would follow. */
const NONSENSE: Record<string, string> = {
  "a word that there is not": "say 'HELLO there'",
  "a verdict in small letters": "say 'result success'",
  "a verdict without a name": "say RESULT",
  "a prompt without a text": "say PROMPT_ECHO_ON",
  "an empty line": "say ''",
  "a space before": "say ' RESULT success'",
  "a text where none belongs": "say 'GET_AUTHTOK '",
  "a NUL": String.raw`printf 'INFO a\0b\n'`,
  "a NUL behind a verdict": String.raw`printf 'RESULT success\0\n'`,
  "a CR": String.raw`printf 'INFO a\r\n'`,
  "an escape that there is not": String.raw`say 'INFO a\tb'`,
  "a backslash at the end": String.raw`say 'INFO a\'`,
  "bytes of chance": "head -c 4096 /dev/urandom",
  "a line of a million bytes": "head -c 1000000 /dev/zero | tr '\\0' x",
  "a million bytes in lines": "yes 'INFO x' | head -c 1000000",
};

test("nonsense denies, whatever follows it", async (module) => {
  for (const [name, helper] of Object.entries(NONSENSE)) {
    const { verdict } = await pam({ module, helper: `${helper}; say 'RESULT success'` });
    equal(verdict, DENIED, name);
  }
});

const CRASHES: Record<string, string> = {
  "no verdict, exit 0": "exit 0",
  "no verdict, exit 1": "exit 1",
  "killed": "kill -KILL $$",
  "killed after a prompt": "say 'PROMPT_ECHO_ON Code: '; hear; kill -SEGV $$",
  "gone while the person types": "say 'PROMPT_ECHO_ON Code: '",
  "half a verdict": "printf 'RESULT success'",
  "success, exit 1": "say 'RESULT success'; exit 1",
  "success, killed": "say 'RESULT success'; kill -KILL $$",
  "success, and lingers": "say 'RESULT success'; exec sleep 1000",
  "ignore, exit 1": "say 'RESULT ignore'; exit 1",
  "both ends closed, and lingers": "exec </dev/null >/dev/null; exec sleep 1000",
};

test("a helper that does not end in good order denies, whatever it said", async (module) => {
  const lines = ["auth required MODULE", "auth required pam_permit.so"];
  for (const [name, helper] of Object.entries(CRASHES)) {
    const { verdict } = await pam({ module, lines, helper, input: "1\n" });
    equal(verdict, DENIED, name);
  }
});

test("a helper that cannot be started denies", async (module) => {
  const helpers = {
    "not executable": await module.helper("say 'RESULT success'", 0o644),
    "no program": await module.helper("#!/nonexistent/sh\n"),
    "a folder": await module.folder.dir("folder"),
  };
  for (const [name, helperPath] of Object.entries(helpers)) {
    equal((await pam({ module, helperPath })).verdict, DENIED, name);
  }
});

test("a helper that never answers is ended when the time is over", async (module) => {
  const { tester, helper } = await beginPam({
    module,
    helper: WAITS,
    options: ["timeout=1"],
  });
  const { code, err } = await tester.done;
  deepEqual([code, err], [1, `pamtester: ${DENIED}\n`]);
  equal(await noted(helper, "end"), "SIGTERM");
  deepEqual(await running(helper), []);
});

test("the time goes on while the person types", async (module) => {
  const options = ["timeout=1"];
  const { tester } = await beginPam({
    module,
    // The verdict is there in time, together with the prompt; the answer is not.
    helper: "printf 'PROMPT_ECHO_ON Code: \\nRESULT success\\n'",
    options,
    input: "open",
  });
  await tester.err("Code: ");
  // This one's second begins later, so when it is over the other's is too.
  equal((await pam({ module, helper: "exec sleep 1000", options })).verdict, DENIED);
  await tester.write("1\n");
  equal((await tester.done).code, 1);
});

test("one that does not heed SIGTERM is killed, with what it has started", async (module) => {
  const { tester, helper } = await beginPam({
    module,
    helper: `trap '' TERM; ${CHILD}; while :; do sleep 1; done`,
    options: ["timeout=1"],
  });
  equal((await tester.done).code, 1);
  deepEqual(await running(helper), []);
  await childGone(helper);
});

test("a child of the helper's that keeps the socket holds up no verdict, and does not stay", async (module) => {
  const { tester, helper } = await beginPam({ module, helper: `${CHILD}; say 'RESULT success'` });
  equal((await tester.done).code, 0);
  await childGone(helper);
});

test("a child that keeps the socket of a helper without verdict is no verdict", async (module) => {
  const options = ["timeout=1"];
  const { tester, helper } = await beginPam({ module, helper: `${CHILD}; exit 0`, options });
  equal((await tester.done).code, 1);
  await childGone(helper);
});

test("when the application is killed the helper hears the end and gets SIGTERM", async (module) => {
  const { tester, helper } = await beginPam({
    module,
    helper: WAITS,
  });
  await appears(`${helper}.pid`);
  await tester.kill("SIGKILL");
  await appears(`${helper}.end`);
  const deaf = await beginPam({
    module,
    helper: `trap '' TERM; note pid $$; hear; note end "$heard"`,
  });
  await appears(`${deaf.helper}.pid`);
  await deaf.tester.kill("SIGKILL");
  await appears(`${deaf.helper}.end`);
  deepEqual(await heardBy(deaf.helper), ["GATEHOUSE 1", "(end)"]);
});

const UNTRUSTED: Record<string, (folder: Scratch) => Promise<string>> = {
  "writable by its group": (folder) => program(folder, 0o775),
  "writable by all": (folder) => program(folder, 0o757),
  "somebody else's": async (folder) => {
    const path = await program(folder);
    await Deno.chown(path, 61_234, null);
    return path;
  },
  "in a folder that its group can write": async (folder) =>
    await program(new Scratch(await folder.dir("open", 0o775))),
  "below a folder of somebody else's": async (folder) => {
    const theirs = new Scratch(await folder.dir("theirs"));
    const path = await program(new Scratch(await theirs.dir("ours")));
    await Deno.chown(theirs.path, 61_234, null);
    return path;
  },
  "in a sticky folder, as /tmp is": async (folder) =>
    await program(new Scratch(await folder.dir("sticky", 0o1777))),
  "where a link leads that others could change": async (folder) => {
    const open = await folder.dir("linked", 0o777);
    await Deno.symlink(await program(folder), `${open}/link`);
    return `${open}/link`;
  },
  "a link to what others could change": async (folder) => {
    const path = `${folder.path}/link-${crypto.randomUUID()}`;
    await Deno.symlink(await program(folder, 0o777), path);
    return path;
  },
  "not there": (folder) => Promise.resolve(`${folder.path}/missing`),
  "a relative path": async (folder) => (await program(folder)).slice(1),
  "nothing": () => Promise.resolve(""),
};

async function program(folder: Scratch, mode = 0o755): Promise<string> {
  const text = "#!/bin/sh\ntouch \"$0.ran\"\necho 'RESULT success'\n";
  return await folder.file(`program-${crypto.randomUUID()}`, text, mode);
}

test("a helper that others could change is not run", async (module) => {
  for (const [name, make] of Object.entries(UNTRUSTED)) {
    const helperPath = await make(module.folder);
    const { verdict } = await pam({ module, helperPath, around: 'cd / && exec "$@"' });
    equal(verdict, DENIED, name);
  }
  const names = await Array.fromAsync(Deno.readDir(module.folder.path), ({ name }) => name);
  deepEqual(names.filter((name) => name.endsWith(".ran")), []);
});

test("a link of root's to a program of root's is followed", async (module) => {
  const link = `${module.folder.path}/good-link`;
  await Deno.symlink(await program(module.folder), link);
  equal((await pam({ module, helperPath: link })).verdict, "success");
});

test("a time that makes no sense denies", async (module) => {
  const helper = "say 'RESULT success'";
  for (const time of ["0", "3601", "-1", "+1", " 1", "1s", "", "1.5", "99999999999999999999"]) {
    const { verdict, heard } = await pam({ module, helper, options: [`[timeout=${time}]`] });
    deepEqual([verdict, heard], [DENIED, []], time);
  }
  for (const time of ["1", "3600"]) {
    equal((await pam({ module, helper, options: [`timeout=${time}`] })).verdict, "success");
  }
});

/** The processes that run that script. */
async function running(script: string): Promise<string[]> {
  const lines = await Promise.all((await allProcesses()).map(commandLineOf));
  return lines.filter((line) => line.includes(script) && !line.startsWith("pamtester"));
}

/** Resolves when the helper's CHILD has ended. */
async function childGone(helper: string): Promise<void> {
  await gone(Number(await noted(helper, "child")));
}
