import { deepEqual, equal, match } from "node:assert/strict";
import { begin, step } from "../../lib/core/pam_stack/run.ts";
import { readStack } from "../../lib/core/pam_stack/read.ts";
import {
  BY_KEY,
  BY_PASSWORD,
  DEBIAN,
  debianSshd,
  examined,
  type Files,
  told,
  toldOfDanger,
  UNREADABLE,
} from "../support/pam_site.ts";

type Relied = Parameters<typeof examined>[1];

const OURS = "auth required pam_gatehouse.so";
const PERMIT = "auth required pam_permit.so";
const UNIX = "auth required pam_unix.so";

const sshd = (...auth: readonly string[]) => debianSshd(auth.join("\n"));
/** Debian, with another auth in one of its services. */
const service = (name: string, ...auth: readonly string[]): Files => ({
  ...DEBIAN,
  [`/etc/pam.d/${name}`]: `${auth.join("\n")}\n@include common-account\n`,
});

/** Worse than "good to know", without where; each once. */
const ids = (
  files: Files,
  relied?: Relied,
) => [...new Set(toldOfDanger(examined(files, relied)).map((line) => line.split(" /")[0]))];

const GOOD: readonly (readonly [name: string, files: Files, relied?: Relied])[] = [
  ["Debian as it comes", DEBIAN],
  ["Debian as it comes, with passwords", DEBIAN, { alone: ["root", "alice", "bob"] }],
  ["a key, then an approval", sshd(OURS, PERMIT), BY_KEY],
  ["the password, then a code", sshd(UNIX, `${OURS} mode=code`, PERMIT), BY_PASSWORD],
  ["a requisite password", sshd("auth requisite pam_unix.so", OURS, PERMIT), BY_PASSWORD],
  ["a PIN by chat", sshd(UNIX, `${OURS} mode=pin`, PERMIT), BY_PASSWORD],
  [
    "one prompt for both",
    sshd(
      "auth requisite pam_gatehouse.so mode=code forward_pass",
      "auth required pam_unix.so use_first_pass",
      PERMIT,
    ),
    BY_PASSWORD,
  ],
  [
    "two lines of ours that ask for two things",
    sshd(UNIX, `${OURS} mode=pin`, `${OURS} mode=code`, PERMIT),
    BY_PASSWORD,
  ],
  [
    "two lines of ours for two groups",
    sshd(
      UNIX,
      "auth [success=1 default=ignore] pam_succeed_if.so quiet user = bob",
      "auth [success=2 default=die] pam_gatehouse.so timeout=50",
      "auth [success=1 default=die] pam_gatehouse.so",
      "auth required pam_deny.so",
      PERMIT,
    ),
    BY_PASSWORD,
  ],
  [
    "a second line of ours, where the first has said no",
    sshd(UNIX, "auth sufficient pam_gatehouse.so", OURS),
    BY_PASSWORD,
  ],
  [
    "only a group, by password",
    sshd(
      "auth requisite pam_unix.so",
      "auth [success=ignore default=1] pam_succeed_if.so quiet user ingroup ssh-2fa",
      OURS,
      PERMIT,
    ),
    { pam: ["root", "alice", "bob"], alone: ["root", "alice", "bob"] },
  ],
  [
    "only a group, by a gate in front",
    sshd(
      "@include common-auth",
      "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup ssh-2fa",
      OURS,
      PERMIT,
    ),
    BY_PASSWORD,
  ],
  ["behind what Debian has", sshd("@include common-auth", OURS), BY_PASSWORD],
  [
    "in the place of the end",
    sshd(UNIX, "auth sufficient pam_gatehouse.so", "auth required pam_deny.so"),
    BY_PASSWORD,
  ],
  ["sudo", service("sudo", "auth requisite pam_unix.so", OURS, PERMIT)],
  ["sudo by approval alone", service("sudo", OURS)],
  [
    "su, behind pam_rootok",
    service("su", "auth sufficient pam_rootok.so", "auth requisite pam_unix.so", OURS, PERMIT),
  ],
  [
    "login",
    service(
      "login",
      "auth optional pam_faildelay.so delay=3000000",
      "auth requisite pam_nologin.so",
      "auth requisite pam_unix.so",
      OURS,
      PERMIT,
    ),
  ],
  [
    "under pam_exec",
    sshd(
      "auth requisite pam_unix.so",
      "auth required pam_exec.so quiet seteuid expose_authtok stdout /usr/local/bin/gatehouse pam --option mode=code",
      PERMIT,
    ),
    BY_PASSWORD,
  ],
  ["the gate, where sshd empties variables", DEBIAN, { gate: ["alice"], emptied: true }],
  ["an account without a password elsewhere", {
    ...sshd("@include common-auth", OURS),
    "/etc/shadow": "alice:$y$x:1::::::\nbob::1::::::\n",
  }, BY_PASSWORD],
];

for (const [name, files, relied] of GOOD) {
  Deno.test(`good: ${name}`, () => deepEqual(toldOfDanger(examined(files, relied)), []));
}

const BAD: readonly (readonly [name: string, files: Files, relied: Relied, ...found: string[]])[] =
  [
    ["our line is gone", DEBIAN, BY_KEY, "critical pam.not-in-stack"],
    [
      "it stands in account alone",
      sshd(UNIX, PERMIT, "account required pam_gatehouse.so"),
      BY_PASSWORD,
      "critical pam.wrong-type",
    ],
    [
      "it is optional",
      sshd("@include common-auth", "auth optional pam_gatehouse.so"),
      BY_PASSWORD,
      "critical pam.not-required",
    ],
    [
      "it is sufficient in front of the password",
      sshd("auth sufficient pam_gatehouse.so", UNIX),
      { pam: ["alice"] },
      "critical pam.not-required",
    ],
    [
      "its errors are ignored",
      sshd(
        UNIX,
        "auth [success=ok authinfo_unavail=ignore ignore=ignore default=die] pam_gatehouse.so",
      ),
      BY_PASSWORD,
      "critical pam.not-required",
    ],
    [
      "its refusal is taken back",
      {
        ...sshd(UNIX, "auth substack factor.bak", PERMIT),
        "/etc/pam.d/factor.bak": `${OURS}\nauth [default=reset] pam_env.so\n`,
      },
      BY_PASSWORD,
      "critical pam.not-required",
    ],
    [
      "a sufficient password above it",
      sshd("auth sufficient pam_unix.so", OURS),
      BY_PASSWORD,
      "critical pam.sufficient-above",
      // Who has no password gets in by the approval.
      "critical pam.no-first-factor",
    ],
    [
      "a sufficient password in what is included above it",
      {
        ...sshd("auth include passwords", OURS),
        "/etc/pam.d/passwords": "auth sufficient pam_unix.so\nauth required pam_deny.so\n",
      },
      BY_PASSWORD,
      "critical pam.sufficient-above",
    ],
    [
      "a sufficient pam_permit above it",
      sshd("auth sufficient pam_permit.so", OURS, PERMIT),
      BY_KEY,
      "critical pam.sufficient-above",
      "warning pam.permit-in-front",
    ],
    [
      "pam_rootok in sshd",
      sshd("auth sufficient pam_rootok.so", OURS, PERMIT),
      BY_KEY,
      "critical pam.sufficient-above",
    ],
    [
      "a group that is trusted",
      sshd("auth sufficient pam_succeed_if.so user ingroup ssh-2fa", OURS, PERMIT),
      BY_KEY,
      "critical pam.sufficient-above",
    ],
    [
      "a jump that was right before a line went",
      sshd(
        "auth [success=2 default=ignore] pam_unix.so",
        "auth requisite pam_deny.so",
        OURS,
        PERMIT,
      ),
      BY_PASSWORD,
      "critical pam.jumps-over",
    ],
    [
      "a gate of another group",
      sshd(
        "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup ssh-2af",
        OURS,
        PERMIT,
      ),
      BY_KEY,
      "critical pam.gate-lets-by",
    ],
    [
      "a gate of another group, behind the password",
      sshd(
        "auth requisite pam_unix.so",
        "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup root",
        OURS,
        PERMIT,
      ),
      { pam: ["alice", "root"], alone: ["alice", "root"] },
      "critical pam.gate-lets-by",
    ],
    [
      "a gate of a group that nobody made, in su",
      service(
        "su",
        "auth requisite pam_unix.so",
        "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup ssh-2af",
        OURS,
        PERMIT,
      ),
      {},
      "critical pam.gate-lets-by",
    ],
    [
      "a gate of a group that nobody made, in sudo, the other way round",
      service(
        "sudo",
        "auth requisite pam_unix.so",
        "auth [success=ignore default=1] pam_succeed_if.so quiet user ingroup ssh-2af:ssh-2fb",
        OURS,
        PERMIT,
      ),
      {},
      "warning pam.gate-lets-by",
    ],
    [
      "a gate of a group that nobody made, while sshd sends nobody",
      sshd(
        "@include common-auth",
        "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup ssh-2af",
        OURS,
      ),
      {},
      "critical pam.gate-lets-by",
      "warning pam.not-asked",
    ],
    [
      "a gate of two groups, one of which there is, in su",
      service(
        "su",
        "auth requisite pam_unix.so",
        "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup ssh-2fa:ssh-2fb",
        OURS,
        PERMIT,
      ),
      {},
    ],
    [
      "a gate that knows one of two",
      sshd(
        "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup ssh-2fa",
        OURS,
        PERMIT,
      ),
      { pam: ["alice", "bob"] },
      // sshd asks everybody.
    ],
    [
      "a gate by address",
      sshd(
        "auth [success=1 default=ignore] pam_succeed_if.so quiet rhost = 192.0.2.7",
        OURS,
        PERMIT,
      ),
      BY_KEY,
      "warning pam.let-by-place",
    ],
    [
      "another factor beside it",
      sshd("auth sufficient pam_u2f.so", OURS, PERMIT),
      BY_KEY,
      "warning pam.other-factor",
    ],
    [
      "a module that nobody knows",
      sshd("auth sufficient pam_corp.so", OURS, PERMIT),
      BY_KEY,
      "warning pam.bypass-unknown",
    ],
    [
      "no password where sshd takes none",
      sshd(OURS, PERMIT),
      BY_PASSWORD,
      "critical pam.no-first-factor",
    ],
    [
      "an optional pam_permit and a sufficient password",
      sshd("auth optional pam_permit.so", "auth optional pam_unix.so", OURS),
      BY_PASSWORD,
      "critical pam.no-first-factor",
      "warning pam.permit-in-front",
    ],
    [
      "whoever is let by has shown nothing",
      sshd(
        "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup ssh-2fa",
        OURS,
        PERMIT,
      ),
      { ...BY_KEY, alone: ["bob"] },
      "critical pam.no-first-factor",
    ],
    [
      "sudo for nothing to the exempt",
      service("sudo", OURS, PERMIT),
      {},
      "critical pam.no-first-factor",
    ],
    ["su by an approval alone", service("su", OURS), {}, "critical pam.no-first-factor"],
    [
      "nobody gets in",
      sshd(UNIX, OURS, "auth required pam_deny.so"),
      BY_PASSWORD,
      "critical pam.nobody-passes",
    ],
    ["nothing succeeds", sshd("auth optional pam_env.so", "auth required pam_cap.so"), {
      alone: ["alice"],
    }],
    [
      "one of two is shut out",
      sshd("auth requisite pam_succeed_if.so quiet user != bob", OURS, PERMIT),
      { pam: ["alice", "bob"] },
      "warning pam.shut-out",
    ],
    [
      "nobody gets in by sudo",
      service("sudo", "auth requisite pam_deny.so", OURS),
      {},
      "critical pam.nobody-passes",
    ],
    [
      "an option that is refused",
      sshd(UNIX, `${OURS} allow_readonly`, PERMIT),
      BY_PASSWORD,
      "critical pam.options-refused",
    ],
    [
      "nullok on ours",
      sshd(UNIX, `${OURS} nullok`, PERMIT),
      BY_PASSWORD,
      "warning pam.nullok-ours",
    ],
    [
      "nullok, and an empty password at sudo",
      {
        ...service("sudo", "auth requisite pam_unix.so nullok", OURS, PERMIT),
        "/etc/shadow": "alice::1::::::\n",
      },
      {},
      "critical pam.nullok",
    ],
    [
      "nullok, and an empty password at sshd",
      { ...sshd("auth required pam_unix.so nullok", OURS), "/etc/shadow": "alice::1::::::\n" },
      BY_PASSWORD,
      "warning pam.nullok",
    ],
    [
      "google-authenticator is still there",
      sshd(UNIX, "auth required pam_google_authenticator.so", OURS),
      BY_PASSWORD,
      "warning pam.asked-twice",
    ],
    [
      "our line is there twice",
      sshd(UNIX, OURS, `${OURS} debug`),
      BY_PASSWORD,
      "warning pam.ours-twice",
    ],
    [
      "our line is there twice in sudo, by an include",
      {
        ...service("sudo", "@include ours", "auth required pam_gatehouse.so"),
        "/etc/pam.d/ours": `${UNIX}\n${OURS}\n`,
      },
      {},
      "warning pam.ours-twice",
    ],
    [
      "a password that nobody checks",
      sshd("auth required pam_gatehouse.so mode=code forward_pass", PERMIT),
      BY_KEY,
      "warning pam.forward-pass",
    ],
    [
      "use_first_pass with nothing in front",
      sshd(`${OURS} use_first_pass`, PERMIT),
      BY_KEY,
      "warning pam.nothing-to-use",
    ],
    [
      "no pam_nologin",
      {
        ...sshd(OURS, PERMIT),
        "/etc/pam.d/sshd": `${OURS}\n${PERMIT}\n@include common-account\n@include common-session\n`,
      },
      BY_KEY,
      "warning pam.nologin-missing",
    ],
    [
      "a control that is none",
      sshd("auth requird pam_unix.so", OURS, PERMIT),
      BY_PASSWORD,
      "critical pam.nobody-passes",
      "warning pam.control-unknown",
    ],
    [
      "a line without a module",
      sshd("auth required", OURS, PERMIT),
      BY_KEY,
      "critical pam.nobody-passes",
      "warning pam.line-faulty",
    ],
    [
      "an include of nothing",
      sshd("auth include nowhere", OURS, PERMIT),
      BY_KEY,
      "critical pam.nobody-passes",
      "warning pam.include-missing",
    ],
    ["a file that libpam refuses", sshd("@include nowhere", OURS), BY_KEY, "critical pam.refused"],
    [
      "the gate, and ~/.pam_environment",
      DEBIAN,
      { gate: ["alice"] },
      "warning pam.user-readenv",
    ],
    [
      "an account stack that always fails",
      { ...sshd(OURS, PERMIT), "/etc/pam.d/common-account": "account required pam_deny.so\n" },
      BY_KEY,
      "critical pam.account-always-fails",
    ],
    [
      "a session stack that always fails",
      { ...sshd(OURS, PERMIT), "/etc/pam.d/common-session": "session requisite pam_deny.so\n" },
      BY_KEY,
      "critical pam.session-always-fails",
    ],
    [
      "pam_exec without a success behind it",
      sshd("auth required pam_exec.so quiet seteuid stdout /usr/local/bin/gatehouse pam"),
      BY_KEY,
      "critical pam.setcred-fails",
    ],
    [
      "other lets everybody in",
      { ...DEBIAN, "/etc/pam.d/other": "auth required pam_permit.so\n" },
      {},
      "warning pam.other-permissive",
    ],
    ["our module is not asked", sshd(OURS, PERMIT), {}, "warning pam.not-asked"],
    [
      "our module is not there",
      { ...sshd(OURS, PERMIT), ...modules("pam_permit", "pam_unix", "pam_deny") },
      BY_KEY,
      "critical pam.module-not-there",
    ],
  ];

/** Debian's folder, with what Debian's files name. */
function modules(...names: readonly string[]): Files {
  const stock = [
    "nologin",
    "loginuid",
    "keyinit",
    "systemd",
    "motd",
    "mail",
    "limits",
    "env",
    "cap",
  ]
    .map((name) => `pam_${name}`);
  const others = ["rootok", "faildelay", "group", "lastlog"].map((name) => `pam_${name}`);
  return Object.fromEntries(
    [...stock, ...others, ...names].map((
      name,
    ) => [`/lib/x86_64-linux-gnu/security/${name}.so`, ""]),
  );
}

for (const [name, files, relied, ...found] of BAD) {
  Deno.test(`bad: ${name}`, () => {
    deepEqual(ids(files, relied).sort(), [...found].sort());
  });
}

Deno.test("a finding names the file and the line, and proves what it says", () => {
  const files = sshd("auth sufficient pam_unix.so", OURS, PERMIT);
  const [finding] = examined(files, BY_KEY).filter(({ id }) => id === "pam.sufficient-above");
  deepEqual(finding?.where, { file: "/etc/pam.d/sshd", line: 2 });
  equal(finding?.witness, "alice: pam_unix=success (sshd:2): the stack returns success");
  match(finding?.what ?? "", /sufficient pam_unix\.so/);
  const stack = readStack("sshd", "auth", { text: (path) => files[path] });
  if ("refused" in stack) throw new Error(stack.refused);
  equal(step(stack, begin(stack), "success").result, "success");
});

Deno.test("where nobody passes the line that fails for everybody is named", () => {
  const shut = (...auth: readonly string[]) =>
    told(examined(sshd(...auth), BY_PASSWORD)).filter((line) => line.includes("nobody-passes"));
  // A remark comes first.
  const at = (line: number) => [`critical pam.nobody-passes /etc/pam.d/sshd:${line + 1}`];
  const behind = ["auth sufficient pam_unix.so", "auth requisite pam_deny.so"];
  deepEqual(shut("auth required pam_deny.so", UNIX, OURS, PERMIT), at(1));
  deepEqual(shut(OURS, "auth include nothing-there", ...behind), at(2));
  deepEqual(shut("auth [succes=ok default=bad] pam_env.so", OURS, ...behind), at(1));
  deepEqual(shut(OURS, "auth [success=2 default=die] pam_unix.so", PERMIT), at(2));
});

Deno.test("a line that libpam cannot read is what is to be mended, and not the stack", () => {
  const found = examined(sshd(UNIX, OURS, "auht required pam_x.so", PERMIT), BY_PASSWORD);
  const finding = found.find(({ id }) => id === "pam.nobody-passes");
  deepEqual(finding?.where, { file: "/etc/pam.d/sshd", line: 4 });
  match(finding?.mend ?? "", /^correct this line, .*: \/etc\/pam\.d\/sshd:4$/);
  match(finding?.means ?? "", / alice stays outside\.$/);
});

/** All of Debian's files, in the vendor's folder of another distribution. */
const vendors = (folder: string, release: string): Files => ({
  ...Object.fromEntries(
    Object.entries(sshd("auth include common-auth", OURS)).map(([path, text]) => [
      path.replace("/etc/pam.d", folder),
      text.replaceAll(/^@include (common-(\w+).*)$/gm, "$2 include $1"),
    ]),
  ),
  "/etc/os-release": release,
  "/etc/pam.d/own": "",
});

Deno.test("what services include is looked for where that distribution's libpam looks", () => {
  const found = (folder: string, release: string) =>
    ids(vendors(folder, release), { pam: ["alice"] });
  const [lib, etc] = ["/usr/lib/pam.d", "/usr/etc/pam.d"];
  deepEqual(found(lib, "NAME=Arch\nID=arch\n"), []);
  deepEqual(found(lib, 'ID="sles"\nID_LIKE="suse"\n'), []);
  deepEqual(found(etc, 'ID="sles"\nID_LIKE="suse"\n'), []);
  equal(found(etc, "ID=arch\n").includes("critical pam.refused"), true);
  for (const debian of ["ID=debian\n", "ID=ubuntu\nID_LIKE=debian\n", ""]) {
    equal(found(lib, debian).includes("warning pam.include-missing"), true, debian);
  }
});

Deno.test("two ways past our line are two findings", () => {
  const found = told(examined(
    sshd(
      "auth sufficient pam_unix.so",
      "auth [success=1 default=ignore] pam_sss.so",
      "auth optional pam_gatehouse.so",
      PERMIT,
    ),
    BY_KEY,
  ));
  deepEqual(found.filter((line) => line.startsWith("critical")), [
    "critical pam.jumps-over /etc/pam.d/sshd:3",
    "critical pam.not-required /etc/pam.d/sshd:4",
    "critical pam.sufficient-above /etc/pam.d/sshd:2",
  ]);
});

Deno.test("a fault in a file that many services include is one finding", () => {
  const found = examined({
    ...DEBIAN,
    "/etc/pam.d/common-auth":
      `auth [success=2 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n${OURS}\n${PERMIT}\n`,
  });
  const critical = found.filter(({ severity }) => severity === "critical");
  deepEqual(told(critical), ["critical pam.jumps-over /etc/pam.d/common-auth:1"]);
  match(critical[0]?.what ?? "", /the same in/);
});

Deno.test("a condition that picks more people than sshd does is told of", () => {
  const relied = { pam: ["alice"], unguarded: ["root", "bob"] };
  const told = (users: string) =>
    ids(
      sshd(`auth [success=1 default=ignore] pam_succeed_if.so user notin ${users}`, OURS, PERMIT),
      relied,
    );
  deepEqual(told("alice:bob"), ["warning pam.not-sent"]);
  deepEqual(told("alice"), []);
  // Where it lets nobody by that sshd leaves out, sshd alone says who is asked.
  deepEqual(ids(sshd(OURS, PERMIT), relied), []);
});

Deno.test("copies that packages and editors leave in pam.d are no services", () => {
  const copy = "auth sufficient pam_permit.so\nauth required pam_gatehouse.so\n";
  const names = ["sudo.dpkg-old", "sudo.rpmsave", "sudo~", "sudo.bak", "#sudo#"];
  const files = Object.fromEntries(names.map((name) => [`/etc/pam.d/${name}`, copy]));
  deepEqual(toldOfDanger(examined({ ...DEBIAN, ...files })), []);
});

Deno.test("a stack that cannot be read is as bad as what hangs on it", () => {
  const unknown = (name: string, relied?: Relied) =>
    told(examined({ ...sshd(OURS, PERMIT), [`/etc/pam.d/${name}`]: UNREADABLE }, relied))
      .filter((each) => each.includes("pam.stack-unknown"));
  deepEqual(unknown("sshd", BY_KEY), ["critical pam.stack-unknown /etc/pam.d/sshd"]);
  deepEqual(unknown("sshd"), ["warning pam.stack-unknown /etc/pam.d/sshd"]);
  deepEqual(unknown("sudo", BY_KEY), ["warning pam.stack-unknown /etc/pam.d/sudo"]);
});

Deno.test("the order that tells which factor was wrong is good to know", () => {
  const order = (...auth: readonly string[]) =>
    examined(sshd(...auth), BY_PASSWORD).filter(({ id }) => id === "pam.order-tells").length;
  equal(order("auth requisite pam_unix.so", OURS, PERMIT), 1);
  equal(order("auth requisite pam_gatehouse.so mode=code", UNIX, PERMIT), 1);
  equal(order(UNIX, OURS, PERMIT), 0);
});

Deno.test("our line in front of the password's lets strangers make phones ring", () => {
  const early = (...auth: readonly string[]) =>
    told(
      examined(sshd(...auth), BY_PASSWORD).filter(({ id }) => id === "pam.asked-too-early"),
    );
  deepEqual(early(OURS, UNIX, PERMIT), ["warning pam.asked-too-early /etc/pam.d/sshd:2"]);
  deepEqual(early("auth requisite pam_gatehouse.so forward_pass", UNIX, PERMIT), []);
  deepEqual(early(UNIX, OURS, PERMIT), []);
});

Deno.test("nullok that harms nobody is good to know, where the password comes first", () => {
  const found = examined(sshd("@include common-auth", OURS), BY_PASSWORD);
  deepEqual(told(found.filter(({ id }) => id === "pam.nullok")), [
    "info pam.nullok /etc/pam.d/common-auth:1",
  ]);
});

Deno.test("thousands of accounts are one case where every line answers them alike", () => {
  const names = Array.from({ length: 5_000 }, (_, at) => `user${at}`);
  const files = {
    ...sshd(
      "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup ssh-2fa",
      "auth sufficient pam_unix.so",
      OURS,
      PERMIT,
    ),
    "/etc/passwd": names.map((name, at) => `${name}:x:${1000 + at}:1::/home/${name}:/bin/sh`).join(
      "\n",
    ),
    "/etc/group": `ssh-2fa:x:1:${names.slice(0, 4_000).join(",")}`,
  };
  const found = examined(files, { pam: names });
  const critical = found.filter(({ id }) => id === "pam.sufficient-above");
  equal(critical.length, 1);
  match(critical[0]?.witness ?? "", /^user0, user1, user2, user3 and \d+ more: /);
});
