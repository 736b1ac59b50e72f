/** How a person is led through enrolment. */
import assert from "node:assert/strict";
import { displayWidth } from "../../lib/core/display_width.ts";
import { enrollMessages } from "../../lib/core/messages/enroll.ts";
import { parseStateFile } from "../../lib/core/state_file.ts";
import { enrollAtLogin, enrollInDialog, type EnrollWishes } from "../../lib/enrollment/enroll.ts";
import type { DrawQr, EnrollDoors } from "../../lib/enrollment/doors.ts";
import { showSecret } from "../../lib/enrollment/secret_page.ts";
import { type Answer, enrollDoors, FakeDialog, keyOf, PLAIN } from "../support/enrollment.ts";
import { T0 } from "../support/logins.ts";
import { codeOf, RFC_BASE32 } from "../support/totp.ts";

const SUBJECT = { account: "alice", host: "web1", label: "alice@web1", issuer: "web1" };
const PATH = "/home/alice/.google_authenticator";
const EN = enrollMessages("en");
const STEP = T0 / 30_000;

/** What the app shows of the secret on the screen. */
const app = (counter = STEP): Answer => (dialog) => codeOf(counter, keyOf(dialog.secret));

class Enrolment {
  readonly saved: string[] = [];
  /** What had been printed when it was saved. */
  printedBefore = "";
  constructor(
    readonly dialog: FakeDialog,
    private readonly changes: Partial<EnrollDoors> = {},
    private readonly language: "en" | "zh-CN" = "en",
  ) {}

  run(wishes: Partial<EnrollWishes> = {}): Promise<boolean> {
    const whole = { confirm: true, ask: true, scratchCodes: 5, ...wishes };
    const place = { path: PATH, save: this.#save };
    const messages = enrollMessages(this.language);
    return enrollInDialog(this.#doors(), messages, SUBJECT, whole, place);
  }

  runAtLogin(signal = new AbortController().signal): Promise<boolean> {
    const messages = enrollMessages(this.language);
    return enrollAtLogin(this.#doors(), messages, SUBJECT, this.#save, {
      withinMs: 600_000,
      signal,
    });
  }

  /** The file's lines after the secret and before the scratch codes, sorted out. */
  get options(): string[] {
    assert.equal(this.saved.length, 1);
    return (this.saved[0] ?? "").split("\n").filter((line) => line.startsWith('"'));
  }

  #doors(): EnrollDoors {
    return enrollDoors(this.dialog, this.changes);
  }

  #save = (text: string): Promise<void> => {
    this.printedBefore = this.dialog.printed;
    this.saved.push(text);
    return Promise.resolve();
  };
}

const answering = (...answers: Answer[]) => new Enrolment(new FakeDialog(answers));

Deno.test("a right code and three times Enter make a safe authenticator", async () => {
  const one = answering(app(), "", "", "");
  assert.equal(await one.run(), true);
  assert.deepEqual(one.options, [
    '" RATE_LIMIT 3 30',
    `" DISALLOW_REUSE ${STEP}`,
    '" TOTP_AUTH',
  ]);
  const { printed, secret } = one.dialog;
  const read = parseStateFile(one.saved[0] ?? "");
  assert.ok(read.ok);
  assert.equal(read.value.secret, secret);
  assert.equal(read.value.scratchCodes.length, 5);
  for (const code of read.value.scratchCodes) assert.ok(printed.includes(code));
  assert.match(printed, /^A new authenticator for alice on web1\nIt is saved in \/home\/alice/);
  assert.match(printed, /Saved in \/home\/alice\/\.google_authenticator\n$/);
  assert.match(one.printedBefore, /Keep them where the phone is not/, "shown before it is saved");
});

Deno.test("other answers make other lines, and y and n may be said in many ways", async () => {
  const cases: [answers: string[], options: string[]][] = [
    [["n", "y", "n"], ['" WINDOW_SIZE 17', '" TOTP_AUTH']],
    [["NO", "Yes", " y "], ['" RATE_LIMIT 3 30', '" WINDOW_SIZE 17', '" TOTP_AUTH']],
    [["否", "是", "ｎ"], ['" WINDOW_SIZE 17', '" TOTP_AUTH']],
  ];
  for (const [answers, options] of cases) {
    const one = answering(app(), ...answers);
    assert.equal(await one.run(), true);
    assert.deepEqual(one.options, options);
  }
});

Deno.test("an answer that is neither is asked for again", async () => {
  const one = answering(app(), "maybe", "yy", "n", "", "");
  assert.equal(await one.run(), true);
  assert.deepEqual(one.options, ['" RATE_LIMIT 3 30', '" TOTP_AUTH']);
  assert.equal(one.dialog.printed.split("Please answer y or n.").length, 3);
});

Deno.test("what an option says is not asked", async () => {
  const one = answering(app());
  const wishes = { reuse: "allow", window: "minimal", rateLimit: "none", step: 60 } as const;
  assert.equal(await one.run({ ...wishes, confirm: false, scratchCodes: 0 }), true);
  assert.deepEqual(one.options, ['" WINDOW_SIZE 3', '" STEP_SIZE 60', '" TOTP_AUTH']);
  assert.deepEqual(one.dialog.asked, []);
  assert.doesNotMatch(one.dialog.printed, /Scratch codes|once a code is right/);
  assert.match(one.dialog.printed, /period=60/);
});

Deno.test("with nothing to ask and nothing to confirm the safe answers count", async () => {
  const one = answering();
  assert.equal(await one.run({ confirm: false, ask: false }), true);
  assert.deepEqual(one.options, ['" RATE_LIMIT 3 30', '" DISALLOW_REUSE', '" TOTP_AUTH']);
});

Deno.test("counter-based codes start at 1, which the confirming one uses up", async () => {
  const one = answering(app(1), "", "");
  assert.equal(await one.run({ kind: "hotp" }), true);
  assert.deepEqual(one.options, ['" RATE_LIMIT 3 30', '" HOTP_COUNTER 2']);
  assert.match(one.dialog.printed, /otpauth:\/\/hotp\/.*&counter=1\n/);
  assert.doesNotMatch(one.dialog.printed, /clock|UTC/);
  const wrong = answering(app(7), app(3), "", "y");
  assert.equal(await wrong.run({ kind: "hotp", window: "minimal" }), false);
  const ahead = answering(app(7), app(3), "y", "");
  assert.equal(await ahead.run({ kind: "hotp" }), true);
  assert.match(ahead.dialog.printed, /none of the first codes of this secret/);
  assert.deepEqual(ahead.options, [
    '" RATE_LIMIT 3 30',
    '" WINDOW_SIZE 17',
    '" HOTP_COUNTER 4',
  ]);
});

const REMARKS: readonly (readonly [
  what: string,
  typed: Answer,
  synchronised: boolean | undefined,
  remark: RegExp,
])[] = [
  ["letters", "abcdef", true, /A code has six digits\./],
  ["a scratch code", "12345678", true, /A code has six digits\./],
  ["no UTF-8", "\ufffd\ufffd", true, /A code has six digits\./],
  ["a code of another secret", "000000", true, /That is no code of this secret/],
  [
    "an old code",
    app(STEP - 3),
    true,
    /of 90 s ago\.\nThis machine's clock says 00:00:00 UTC \(synchronised by NTP\),\nso the phone's is slow:/,
  ],
  ["a code a little old", app(STEP - 5), true, /of 2 min 30 s ago\./],
  ["a code to come", app(STEP + 8), true, /of 4 min ahead\.\n.*\nso the phone's is fast:/],
  ["a code of hours ago", app(STEP - 480), true, /the code of 4 h ago\./],
  [
    "an old code where NTP is off",
    app(STEP - 3),
    false,
    /\(NOT synchronised by NTP\):\ncompare it with the phone's/,
  ],
  ["an old code where nothing is known", app(STEP - 3), undefined, /that clock or the phone's/],
];

for (const [what, typed, synchronised, remark] of REMARKS) {
  Deno.test(`${what}: the person is told how wrong it is, and asked again`, async () => {
    const one = new Enrolment(new FakeDialog([typed, app(), "", "", ""]), {
      clockSynchronised: () => synchronised,
    });
    assert.equal(await one.run(), true);
    assert.match(one.dialog.printed, remark);
    assert.deepEqual(one.dialog.asked.slice(0, 2), [EN.askCode, EN.askCode]);
  });
}

Deno.test("an empty line is no wrong code", async () => {
  const one = answering("", "  ", app(), "", "", "");
  assert.equal(await one.run(), true);
  assert.doesNotMatch(one.dialog.printed, /six digits/);
});

Deno.test("nothing is saved when the person gives up, whenever that is", async () => {
  const complete: Answer[] = [app(), "", "", ""];
  for (let answered = 0; answered < complete.length; answered++) {
    const one = answering(...complete.slice(0, answered), undefined);
    assert.equal(await one.run(), false);
    assert.deepEqual(one.saved, []);
    assert.doesNotMatch(one.dialog.printed, /Scratch codes|Saved/);
  }
});

Deno.test("what cannot be saved is not said to be", async () => {
  const dialog = new FakeDialog([app(), "", "", ""]);
  const full = () => Promise.reject(new Error("disk full"));
  const wishes = { confirm: true, ask: true, scratchCodes: 5 };
  const place = { path: PATH, save: full };
  await assert.rejects(
    enrollInDialog(enrollDoors(dialog), EN, SUBJECT, wishes, place),
    /disk full/,
  );
  assert.doesNotMatch(dialog.printed, /Saved/);
});

Deno.test("at a login only the code is asked for, and the choices are safe", async () => {
  const one = answering(app());
  assert.equal(await one.runAtLogin(), true);
  assert.deepEqual(one.options, [
    '" RATE_LIMIT 3 30',
    `" DISALLOW_REUSE ${STEP}`,
    '" TOTP_AUTH',
  ]);
  assert.equal(one.dialog.asked.length, 1);
  assert.ok(one.dialog.closed > 0);
  assert.match(one.dialog.printed, /Scratch codes[^]*\nSaved\. From now on/);
});

Deno.test("at a login the page is drawn anew for each try, so that the picture stays in sight", async () => {
  const one = answering("000000", "1", app());
  assert.equal(await one.runAtLogin(), true);
  assert.equal(one.dialog.cleared, 3);
  assert.match(one.dialog.printed, /####[^]*A code has six digits\.\nCode from the app:/);
  assert.doesNotMatch(one.dialog.printed, /no code of this secret/);
});

Deno.test("at a login giving up lets nobody in and saves nothing", async () => {
  const one = answering("000000", undefined);
  assert.equal(await one.runAtLogin(), false);
  assert.deepEqual(one.saved, []);
  assert.ok(one.dialog.closed > 0);
});

Deno.test("at a login what cannot be saved lets nobody in", async () => {
  const dialog = new FakeDialog([app()]);
  const full = () => Promise.reject(new Error("disk full"));
  const { signal } = new AbortController();
  await assert.rejects(
    enrollAtLogin(enrollDoors(dialog), EN, SUBJECT, full, { withinMs: 600_000, signal }),
    /disk full/,
  );
  assert.ok(dialog.closed > 0);
  assert.doesNotMatch(dialog.printed, /Scratch|Saved/);
});

Deno.test("a login that ends takes the dialog with it", async () => {
  const silent = new FakeDialog([]);
  silent.ask = () => new Promise(() => {});
  const over = new AbortController();
  const one = new Enrolment(silent);
  const answer = one.runAtLogin(over.signal);
  over.abort();
  assert.equal(await answer, false);
  assert.ok(silent.closed > 0);
  const late = answering(app());
  assert.equal(await late.runAtLogin(AbortSignal.abort()), false);
  assert.deepEqual(late.saved, []);
});

/** The page of a secret on a terminal of that size. */
function page(columns: number, rows: number, changes: Partial<EnrollDoors> = {}): string[] {
  const dialog = new FakeDialog([], { columns, rows });
  const key = { ...SUBJECT, secret: RFC_BASE32, kind: "totp", step: 30 } as const;
  showSecret(enrollDoors(dialog, changes), EN, key);
  return dialog.printed.trimEnd().split("\n");
}

Deno.test("80 columns and 24 rows hold the picture with the secret beside it", () => {
  const lines = page(80, 24);
  assert.equal(lines[0], `otpauth://totp/alice@web1?secret=${RFC_BASE32}&issuer=web1`);
  assert.equal(lines.filter((line) => /^ {2}#{37}/.test(line)).length, 19, "two modules of border");
  assert.match(lines.join("\n"), /#{37} {3}secret {3}GEZD GNBV GY3T QOJQ\n/);
  assert.match(lines.join("\n"), /#{37} {3}clock {4}00:00:00 UTC\n.* synchronised by NTP$/m);
  assert.ok(lines.every((line) => displayWidth(line) <= 80));
  // Title and place stand above, the question below.
  assert.ok(2 + lines.length + 1 <= 24, `${lines.length} lines`);
});

Deno.test("a narrow terminal has the secret above the picture", () => {
  const lines = page(50, 40);
  assert.match(lines.join("\n"), /\n {2}secret {3}GEZD GNBV GY3T QOJQ\n[^]*\n {2}#{37}$/);
  assert.match(page(37, 40).join("\n"), /\n#{37}$/, "not even room for a margin");
});

Deno.test("the border shrinks before the secret leaves the picture's side", () => {
  // Version 6, for long names.
  const drawQr: DrawQr = (_, _mode, border) => {
    const size = 41 + 2 * border;
    const lines = Array.from({ length: Math.ceil(size / 2) }, () => "#".repeat(size));
    return { width: size, lines };
  };
  const dialog = new FakeDialog([], { columns: 80, rows: 24 });
  const doors = enrollDoors(dialog, { drawQr, clockSynchronised: () => false });
  const label = "alice.longname@web-frontend-01";
  showSecret(doors, EN, { ...SUBJECT, label, secret: RFC_BASE32, kind: "totp", step: 30 });
  assert.match(dialog.printed, /\n {2}#{43} {3}secret {3}GEZD/);
  assert.match(dialog.printed, /#{43} {3}account {2}alice\.longname@web-fro…\n/);
  assert.match(dialog.printed, /#{43} {12}NOT synchronised by NTP\n/);
  assert.ok(dialog.printed.split("\n").filter((line) => line.includes("#")).length === 22);
});

Deno.test("the border shrinks before the picture is left out", () => {
  assert.equal(page(80, 19).filter((line) => /^ {2}#{35}( |$)/.test(line)).length, 18);
});

for (const [columns, rows] of [[80, 18], [34, 40], [1, 1]] as const) {
  Deno.test(`where it does not fit (${columns}x${rows}) the room needed is said`, () => {
    const text = page(columns, rows).join("\n");
    assert.match(text, /does not fit here: it needs 35 columns and 19 rows\./);
    assert.match(text, /Type the secret.*\n {2}secret {3}GEZD GNBV/);
    assert.doesNotMatch(text, /##/);
  });
}

Deno.test("spaces of a colour need twice the room", () => {
  const look = { ...PLAIN, qr: "ANSI" } as const;
  assert.match(page(80, 24, { look }).join("\n"), /needs 70 columns and 36 rows\./);
  assert.equal(page(120, 50, { look }).filter((line) => /^ {2}#{74}( |$)/.test(line)).length, 37);
});

Deno.test("without a picture nothing is said about one", () => {
  const text = page(80, 24, { look: { ...PLAIN, qr: "NONE" } }).join("\n");
  assert.match(text, /^otpauth:[^]*Type the secret into an authenticator app:\n {2}secret/);
  assert.doesNotMatch(text, /QR|##/);
});

Deno.test("only a terminal with colours gets bold", async () => {
  const styled = new Enrolment(new FakeDialog([]), { look: { ...PLAIN, styled: true } });
  await styled.run();
  assert.ok(
    styled.dialog.printed.startsWith("\x1b[1mA new authenticator for alice on web1\x1b[0m\n"),
  );
  const plain = answering();
  await plain.run();
  assert.ok(!plain.dialog.printed.includes("\x1b"));
});

Deno.test("Chinese is spoken throughout", async () => {
  const answers = ["1", "000000", app(STEP - 3), app(STEP + 9), app(), "?", "", "", ""];
  const one = new Enrolment(new FakeDialog(answers), {}, "zh-CN");
  assert.equal(await one.run(), true);
  const texts = [one.dialog.printed];
  const login = new Enrolment(new FakeDialog(["1", app()]), {}, "zh-CN");
  assert.equal(await login.runAtLogin(), true);
  texts.push(login.dialog.printed);
  for (const line of texts.join("\n").split("\n")) {
    const names = /\botpauth:\S+|[A-Z2-7]{4}\b|\[[Yy]\/[Nn]\]|\b(NTP|UTC|alice|web1)\b/g;
    const spoken = line.replace(PATH, "").replace(names, "");
    assert.doesNotMatch(spoken, /[a-z]{3,}/i, line);
    assert.ok(displayWidth(line) <= 80, line);
  }
});

Deno.test("no line of what a person reads is wider than 80 columns", async () => {
  const answers = ["1", "000000", app(STEP - 3), app(STEP + 9), app(), "?", "", "", ""];
  for (const synchronised of [true, false, undefined]) {
    const one = new Enrolment(new FakeDialog(answers), { clockSynchronised: () => synchronised });
    assert.equal(await one.run(), true);
    for (const line of one.dialog.printed.split("\n")) {
      assert.ok(displayWidth(line) <= 80, line);
    }
  }
});
