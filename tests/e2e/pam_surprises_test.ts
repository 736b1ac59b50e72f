/** What the libpam of this machine refuses or tolerates against all expectation, and that we know it. */
import { deepEqual } from "node:assert/strict";
import type { PamResult } from "../../lib/core/pam_stack/stack.ts";
import { type Answer, LibpamHost } from "../support/libpam_host.ts";
import { answerOf, modulesOf } from "../support/pam_answer.ts";
import { SERVICE, type World } from "../support/pam_worlds.ts";

interface Case {
  readonly name: string;
  readonly files: World;
  /** Default: SERVICE. */
  readonly service?: string;
  /** What pam_authenticate(3) returns, or what becomes of libpam. */
  readonly ends: PamResult | "crashes" | "hangs";
}

const own = (...lines: string[]) => ({ [`/etc/pam.d/${SERVICE}`]: `${lines.join("\n")}\n` });
const inFolder = (files: World) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`/etc/pam.d/${name}`, text]));
const PERMIT = "auth required pam_permit.so\n";

const SURPRISES: readonly Case[] = [
  {
    name: "a file of @include that is missing refuses all types",
    files: own("auth required pam_permit.so", "@include nowhere"),
    ends: "abort",
  },
  {
    name: "a missing file of include is a failing line",
    files: own("auth required pam_permit.so", "auth include nowhere"),
    ends: "perm_denied",
  },
  {
    name: "an included file that is missing inside counts as the line before it",
    files: {
      ...own("auth include inner"),
      ...inFolder({ inner: `auth optional pam_permit.so\n@include nowhere\n` }),
    },
    ends: "success",
  },
  { name: "an include without a file crashes libpam", files: own("auth include"), ends: "crashes" },
  { name: "@include without a file crashes libpam", files: own("@include"), ends: "crashes" },
  {
    name: "a substack without a file crashes libpam",
    files: own("auth substack"),
    ends: "crashes",
  },
  {
    name: "a backslash as a line's last byte that fits hangs libpam",
    files: own(`auth required pam_permit.so ${"x".repeat(994)}\\`, "auth required pam_deny.so"),
    ends: "hangs",
  },
  {
    name: "one byte before, it is a line that goes on",
    files: own(`auth required pam_permit.so ${"x".repeat(993)}\\`, "auth required pam_deny.so"),
    ends: "perm_denied",
  },
  {
    name: "what does not fit into 1023 bytes is a line of its own",
    files: own(`# ${"long ".repeat(210)}`, "auth required pam_permit.so"),
    ends: "perm_denied",
  },
  {
    name: "a last line that is to go on refuses the service",
    files: own("auth required pam_permit.so", "session required pam_permit.so \\"),
    ends: "abort",
  },
  {
    name: "a broken service other refuses the others, too",
    files: { ...own("auth required pam_permit.so"), ...inFolder({ other: "@include nowhere\n" }) },
    ends: "abort",
  },
  {
    name: "a blank line that ends as in DOS denies",
    files: own("auth required pam_permit.so", "\r"),
    ends: "perm_denied",
  },
  {
    name: "a mistyped type is a failing line of auth",
    files: own("auth required pam_permit.so", "sesion required pam_permit.so"),
    ends: "perm_denied",
  },
  {
    name: "a mistyped type that may fail changes nothing",
    files: own("auth required pam_permit.so", "auht optional pam_deny.so"),
    ends: "success",
  },
  {
    name: "a mistyped type that includes counts as auth",
    files: { ...own("auht include inner"), ...inFolder({ inner: PERMIT }) },
    ends: "success",
  },
  {
    name: "an unknown control makes success a failure",
    files: own("auth requird pam_permit.so"),
    ends: "perm_denied",
  },
  {
    name: "a control between brackets may be a simple one",
    files: own("[auth] [required] [pam_permit.so]"),
    ends: "success",
  },
  {
    name: "an action's number runs over",
    files: own("auth [success=4294967295] pam_permit.so"),
    ends: "success",
  },
  {
    name: "a module that is called nothing refuses the service",
    files: own("auth required /lib/security/"),
    ends: "abort",
  },
  {
    name: "a missing module counts as its control says, with or without a dash",
    files: own("auth sufficient pam_nowhere.so", "-auth required pam_nowhere.so"),
    ends: "module_unknown",
  },
  {
    name: "an included file is not looked for in the vendor's folder",
    files: {
      "/usr/lib/pam.d/svc": "auth include inner\n",
      "/usr/lib/pam.d/inner": PERMIT,
      "/etc/pam.d/else": PERMIT,
    },
    ends: "perm_denied",
  },
  {
    name: "a folder is an empty file",
    files: { ...own("auth include .", "auth required pam_permit.so") },
    ends: "success",
  },
  {
    name: "the service other, asked for by name, is there twice",
    files: inFolder({ other: "auth required pam_permit.so\nauth [success=2] pam_permit.so\n" }),
    service: "other",
    ends: "success",
  },
  {
    name: "and once for a service that is not there",
    files: inFolder({ other: "auth required pam_permit.so\nauth [success=2] pam_permit.so\n" }),
    ends: "perm_denied",
  },
  {
    name: "a service's name is in lower case",
    files: own(PERMIT),
    service: "SVC",
    ends: "success",
  },
  { name: "of a path the last name counts", files: own(PERMIT), service: "x/svc", ends: "success" },
  {
    name: "a file that includes itself ends when nothing more can be opened",
    files: own("auth sufficient pam_permit.so", "auth include svc"),
    ends: "success",
  },
  {
    name: "and denies behind that end",
    files: own("auth required pam_permit.so", "auth include svc"),
    ends: "perm_denied",
  },
  {
    name: "a file that includes itself with @include is refused",
    files: own("auth required pam_permit.so", "@include svc"),
    ends: "abort",
  },
  {
    name: "substacks that are nested too deeply fail",
    files: own("auth optional pam_permit.so", "auth substack svc"),
    ends: "perm_denied",
  },
  {
    name: "a result that is ignored is returned when it is ok",
    files: own("auth [default=ok] pam_debug.so auth=ignore"),
    ends: "ignore",
  },
  {
    name: "success that is all ignored denies",
    files: own("auth [default=ignore] pam_permit.so"),
    ends: "perm_denied",
  },
  {
    name: "no file at all refuses",
    files: { "/etc/pam.d/else": PERMIT },
    ends: "abort",
  },
  {
    name: "pam.conf is not read where there is a folder",
    files: { "/etc/pam.conf": `svc ${PERMIT}`, "/usr/lib/pam.d/else": PERMIT },
    ends: "abort",
  },
  {
    name: "pam.conf knows no included files by their names alone",
    files: { "/etc/pam.conf": "svc auth optional pam_permit.so\nsvc auth include inner\n" },
    ends: "perm_denied",
  },
];

Deno.test("what libpam refuses, tolerates or dies of is known", async (t) => {
  await using libpam = await LibpamHost.start();
  const isThere = modulesOf(libpam);
  for (const { name, files, service = SERVICE, ends } of SURPRISES) {
    await t.step(name, async () => {
      libpam.configure(files);
      const theirs = await libpam.ask(service);
      const ours = answerOf(files, isThere, () => {}, service);
      deepEqual(ours, theirs);
      deepEqual("signal" in ours ? ours : ours["authenticate"]?.[0], ENDS[ends] ?? ends);
    });
  }
});

const ENDS: Readonly<Record<string, Answer>> = { crashes: { signal: 11 }, hangs: { signal: 24 } };
