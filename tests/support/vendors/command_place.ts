/** A channel that is a program: a shell's, which writes down what it is told. */
import * as v from "valibot";
import { mustRun } from "../process.ts";
import { QuickTime } from "../quick_time.ts";
import { scratch } from "../scratch.ts";
import { openable, type Place } from "./place.ts";
import type { Mode } from "./server.ts";
import type { Arrived } from "./vendor.ts";

/** After so long a program is killed: when the test says so. */
const LIMIT_MS = 9_000;
const PROGRAM = `#!/bin/sh
cd "\${0%/*}"
printf . >> runs
case "$(cat mode)" in
busy)
  : > mode
  exit 75
  ;;
slow)
  : > begun
  exec sleep 600
  ;;
esac
exec cat >> told
`;

export async function openCommand(): Promise<Place> {
  await using things = new AsyncDisposableStack();
  const folder = things.use(await scratch());
  const told = await folder.file("told", "");
  const runs = await folder.file("runs", "");
  const mode = await folder.file("mode", "");
  const program = await folder.file("tell", PROGRAM, 0o755);
  const begun = `${folder.path}/begun`;
  await mustRun(["mkfifo", begun]);
  const settings = { argv: [program], timeout: `${LIMIT_MS / 1000}s` };
  // It takes nobody's credentials.
  const both = { right: settings, wrong: settings };
  const channel = things.use(await openable("command", both, new QuickTime(LIMIT_MS)));
  const written = (file: string) => Deno.readTextFileSync(file);
  const become = (what: string) => Deno.writeTextFileSync(mode, what);
  const events = () => written(told).split("\n").filter((line) => line !== "");
  const all = things.move();
  return {
    ...channel,
    to: "alice",
    nobody: null,
    get arrived() {
      return events().map((line, index, lines) => readEvent(line, lines.slice(0, index)));
    },
    get asked() {
      return written(runs).length;
    },
    busyNext() {
      become("busy");
      // EX_TEMPFAIL: "the user is invited to retry" (sysexits.h).
      return { againAfterMs: 0 };
    },
    openHurried: channel.open,
    badDay: {
      modes: new Set<Mode>(["normal", "slow"]),
      get called() {
        return opened(begun);
      },
      misbehave: (what) => become(what === "slow" ? "slow" : ""),
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/**
 * Resolves when the program has opened that pipe: neither of the two gets on without the other. By a
 * process, for this one would stand still until then.
 */
async function opened(pipe: string): Promise<void> {
  await mustRun(["cat", pipe]);
}

const Told = v.object({
  type: v.string(),
  data: v.object({
    to: v.string(),
    ticket: v.optional(v.string()),
    url: v.optional(v.string()),
    message: v.object({ title: v.string(), lines: v.array(v.string()) }),
  }),
});

function readEvent(line: string, earlier: readonly string[]): Arrived {
  const { data, type } = v.parse(Told, JSON.parse(line));
  const { message, ticket, to, url } = data;
  const text = [message.title, ...message.lines].join("\n");
  const again = type === "login.ended" && earlier.some((one) => one.includes(`"${ticket}"`));
  return {
    to,
    text,
    // What is made of the text is the program's own.
    links: url === undefined ? [] : [url],
    mentions: [],
    buttons: [],
    replaces: again ? "event" : null,
  };
}
