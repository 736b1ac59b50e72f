/** `gatehouse enroll` without its command line: an account whose home is a scratch folder. */
import assert from "node:assert/strict";
import { parseHostConfig } from "../../lib/config/host.ts";
import { describeEnrollment } from "../../lib/core/enrollment.ts";
import { enrollMessages } from "../../lib/core/messages/enroll.ts";
import { manageMessages } from "../../lib/core/messages/enroll_manage.ts";
import type { EnrollDoors } from "../../lib/enrollment/doors.ts";
import { currentAccount } from "../../lib/io/accounts.ts";
import { IN_HOME } from "../../lib/io/code_config.ts";
import type { EnrollContext } from "../../lib/modes/enroll/context.ts";
import { type GivenOptions, readOptions } from "../../lib/modes/enroll/options.ts";
import { type Answer, enrollDoors, FakeDialog } from "./enrollment.ts";
import { CollectedOut } from "./out.ts";
import type { Scratch } from "./scratch.ts";
import { RFC_BASE32 } from "./totp.ts";

const OWN = currentAccount();
assert.ok(OWN !== undefined);

/** The C library stays open once it was opened. */
export function enrollTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeResources: false });
}

/** The name of who runs the tests. */
export const ME = OWN.name;

export interface EnrollScene {
  readonly context: EnrollContext;
  readonly dialog: FakeDialog;
  readonly out: CollectedOut;
  /** Of the administrator's log. */
  readonly logged: readonly string[];
}

export function enrollScene(
  folder: Scratch,
  given: GivenOptions,
  answers: readonly Answer[] = [],
  changes: {
    readonly doors?: Partial<EnrollDoors>;
    /** host.toml's, after its servers. */
    readonly config?: string;
    readonly language?: "en" | "zh-CN";
  } = {},
): EnrollScene {
  const { doors = {}, config = "", language = "en" } = changes;
  const dialog = new FakeDialog(answers);
  const out = new CollectedOut();
  const logged: string[] = [];
  const logOf = (user: string): EnrollDoors["log"] => (level, event) => {
    logged.push(`${level}: ${describeEnrollment(event, user, "somebody")}`);
  };
  const context: EnrollContext = {
    options: readOptions(given),
    config: parseHostConfig(`servers = []\n${config}`, "host.toml"),
    account: { name: ME, uid: 0, gid: 0, gecos: "", shell: "/bin/sh", ...OWN, home: folder.path },
    forOther: false,
    places: IN_HOME,
    pamElsewhere: false,
    host: "web1",
    messages: enrollMessages(language),
    words: manageMessages(language),
    out,
    doors: enrollDoors(dialog, { log: logOf(ME), ...doors }),
    logOf,
  };
  return { context, dialog, out, logged };
}

/** The state file of that account, of RFC 6238's secret. */
export async function writeState(folder: Scratch, ...lines: readonly string[]): Promise<string> {
  return await folder.file(
    ".google_authenticator",
    [RFC_BASE32, ...lines, ""].join("\n"),
    0o600,
  );
}

export async function readState(folder: Scratch): Promise<string> {
  return await Deno.readTextFile(`${folder.path}/.google_authenticator`);
}
