/** `gatehouse doctor simulate` on this machine, beside pamtester on the same services. */
import { deepEqual, equal, match } from "node:assert/strict";
import { PAM_TYPES } from "../../lib/core/pam_stack/stack.ts";
import { binary } from "../support/binary.ts";
import { run } from "../support/process.ts";

/** What pamtester does for each type, and what we call it. */
const OPERATIONS = {
  auth: "authenticate",
  account: "acct_mgmt",
  password: "chauthtok",
  session: "open_session",
} as const;

/** pam_strerror(3) */
const WORDS: Readonly<Record<string, string>> = {
  "Permission denied": "perm_denied",
  "Authentication failure": "auth_err",
  "Module is unknown": "module_unknown",
  "Have exhausted maximum number of retries for service": "maxtries",
  "User account has expired": "acct_expired",
  "Authentication token manipulation error": "authtok_err",
  "Cannot make/remove an entry for the specified session": "session_err",
};

const SERVICES: readonly (readonly string[])[] = [
  [
    "auth required pam_permit.so",
    "account required pam_permit.so",
    "password required pam_deny.so",
  ],
  ["auth [success=2 default=ignore] pam_debug.so auth=maxtries", "auth requisite pam_deny.so"],
  [
    "auth required pam_debug.so auth=maxtries",
    "auth sufficient pam_permit.so",
    "session required pam_deny.so",
  ],
  [
    "auth optional pam_nowhere.so",
    "account required pam_nowhere.so",
    "password optional pam_permit.so",
  ],
  ["account [acct_expired=bad default=ok] pam_debug.so acct=acct_expired", "auth required"],
  [
    "auth [success=1] pam_permit.so",
    "session [default=1] pam_deny.so",
    "session required pam_permit.so",
  ],
  [
    "password required pam_debug.so prechauthtok=success chauthtok=authtok_err",
    "@include common-nowhere",
  ],
];

/** A service of this machine for a while. */
class Service implements AsyncDisposable {
  readonly name = `ghpam${crypto.randomUUID().slice(0, 8)}`;

  static async install(lines: readonly string[]): Promise<Service> {
    const service = new Service();
    await Deno.writeTextFile(service.#path, `${lines.join("\n")}\n`);
    return service;
  }

  get #path(): string {
    return `/etc/pam.d/${this.name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#path);
  }
}

Deno.test("doctor simulate says of each type what pamtester meets", async () => {
  for (const lines of SERVICES) {
    await using service = await Service.install(lines);
    for (const type of PAM_TYPES) {
      // What /etc/pam.d/other asks for is the machine's own affair.
      if (!lines.some((line) => line.startsWith(type) || line.startsWith("@"))) continue;
      const theirs = await run(["pamtester", service.name, "root", OPERATIONS[type]]);
      const ours = await run([
        binary(),
        ...["doctor", "simulate", service.name, "--type", type, "--json"],
      ]);
      equal(ours.code, 0, ours.err);
      deepEqual(JSON.parse(ours.out).result, resultOf(theirs.code, theirs.err), lines.join("\n"));
    }
  }
});

Deno.test("doctor simulate prints nothing on stdout when it has no answer", async () => {
  await using service = await Service.install(["auth required pam_unix.so"]);
  const { code, out, err } = await run([
    binary(),
    ...["doctor", "simulate", service.name, "--type", "auth", "--json"],
  ]);
  deepEqual([code, out], [2, ""]);
  match(err, /^gatehouse: error: the result of pam_unix\.so is not known \(\/etc\/pam\.d\/ghpam/);
  match(err, /\ngatehouse: hint: .*--assume pam_unix=success/);
});

function resultOf(code: number, err: string): string | undefined {
  if (code === 0) return "success";
  const words = /pamtester: (.*)$/m.exec(err)?.[1] ?? "";
  return words === "Initialization failure" ? "abort" : WORDS[words] ?? words;
}
