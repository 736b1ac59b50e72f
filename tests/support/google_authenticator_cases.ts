/** State files of google-authenticator as they may be found, and codes to try on them. */
import fc from "fast-check";
import { ALPHABET, type Choice, type Try } from "./google_authenticator_tries.ts";

export interface Case {
  /** The state file, as binary text. */
  readonly text: string;
  /** When the first try is, in seconds since the epoch. */
  readonly start: number;
  readonly tries: readonly Try[];
}

const near = (edge: number) => fc.integer({ min: -edge, max: edge });
/** Mostly the first, the default. */
const rarely = <T>(often: T, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(often) }, { weight: 1, arbitrary: other });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const digits = (count: number) =>
  fc.integer({ min: 0, max: 10 ** count - 1 }).map((code) => String(code).padStart(count, "0"));
const scratchCode = fc.integer({ min: 10_000_000, max: 99_999_999 }).map(String);

/** As it may stand in line 1: 0, 1 and 8 are what people read for O, L and B. */
const secret = fc.tuple(
  fc.array(fc.constantFrom(...ALPHABET), { minLength: 16, maxLength: 40 }),
  fc.constantFrom<((base32: string) => string)[]>(
    (base32) => base32,
    (base32) => base32.toLowerCase(),
    (base32) => base32.replace(/.{4}/g, "$& "),
    (base32) => base32.replace(/.{4}/g, "$&-"),
    (base32) => base32.replaceAll("O", "0").replaceAll("L", "1").replaceAll("B", "8"),
  ),
).map(([letters, write]) => write(letters.join("")));

const step = rarely(30, fc.integer({ min: 1, max: 60 }));
const window = rarely(
  3,
  fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 100 })),
);
const anyTime = fc.integer({ min: 1_000_000_000, max: 2_000_000_000 });

/** Tries by how long ago they were. */
const rateLimit = maybe(fc.record({
  attempts: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 100 })),
  interval: fc.oneof(fc.constant(30), fc.integer({ min: 1, max: 3_600 })),
  ages: fc.array(fc.integer({ min: -5, max: 40 }), { maxLength: 8 }),
}));

/** Kept wherever they stand, understood or not. */
const otherLines = fc.subarray([
  '" COMMENT kept as it is ',
  '"no blank',
  '" LAST0 192.0.2.9 1600000000',
  '" GATEHOUSE_NEXT_SECRET JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  '" WINDOW_SIZE\t5',
  '" RATE_LIMIT 2  60',
  '" DISALLOW_REUSE',
  '" TIME_SKEW -1',
  '" HOTP_COUNTER 7',
  '" \xe9\xff',
], { maxLength: 2 });

const layout = fc.record({
  /** Lines are sorted by these. */
  order: rarely(Array<number>(20).fill(0), fc.array(fc.nat(99), { minLength: 20, maxLength: 20 })),
  afterName: rarely(" ", fc.constantFrom("\t", "  ")),
  end: rarely("\n", fc.constant("\r\n")),
  emptyAfter: rarely<readonly number[]>([], fc.array(fc.nat(12), { maxLength: 3 })),
  lastEnd: rarely(true, fc.constant(false)),
});

const common = { secret, step, window, anyTime, rateLimit, otherLines, layout };

const codes = fc.record({
  scratch: fc.array(scratchCode, { maxLength: 10 }),
  /** What no scratch code is read after. */
  note: rarely(
    "",
    fc.constantFrom("keep these safe\n12345678", "1234567", "123456789", "12345678 x"),
  ),
});

const wait = fc.record({
  steps: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(0, 1) },
    { weight: 1, arbitrary: fc.integer({ min: -2, max: 4 }) },
  ),
  seconds: fc.constantFrom(0, 0, 1, 7),
});

const anyPick = fc.oneof<fc.Arbitrary<Choice>[]>(
  fc.record({ of: fc.constant("scratch"), nth: fc.nat(9) }),
  fc.record({ of: fc.constant("scratch"), nth: fc.constant(0) }),
  fc.constant({ of: "again" }),
  fc.record({
    of: fc.constant("chance"),
    code: fc.oneof(digits(6), digits(8), scratchCode, fc.constantFrom("000000", "00000000")),
  }),
);

const timePick = fc.record({
  of: fc.constantFrom("earliest", "middle", "latest", "now"),
  steps: fc.oneof(
    { weight: 6, arbitrary: near(2) },
    { weight: 1, arbitrary: near(1_503) },
    { weight: 1, arbitrary: fc.constantFrom(-1_500, -1_499, 1_499, 1_500) },
  ),
});

/** Three codes of a clock that is wrong, more or less in a row, and what is accepted then. */
const lesson: fc.Arbitrary<Try[]> = fc.record({
  off: fc.oneof(near(1_490), near(20)),
  jitters: fc.tuple(...Array.from({ length: 3 }, () => rarely(0, near(2)))),
  waits: fc.tuple(...Array.from({ length: 3 }, () => rarely(1, fc.nat(3)))),
  after: timePick,
}).map(({ off, jitters, waits, after }) => [
  ...jitters.map((jitter, index): Try => ({
    wait: { steps: waits[index] ?? 1, seconds: 0 },
    pick: { of: "now", steps: off + jitter },
  })),
  { wait: { steps: 1, seconds: 0 }, pick: after },
]);

const one = (pick: fc.Arbitrary<Choice>): fc.Arbitrary<Try[]> =>
  fc.record({ wait, pick }).map((attempt) => [attempt]);
const several = (...each: { weight: number; arbitrary: fc.Arbitrary<Try[]> }[]) =>
  fc.array(fc.oneof(...each), { minLength: 1, maxLength: 6 }).map((tries) => tries.flat());

/** TOTP: what reuse, window, skew and rate limit say, wherever their lines stand. */
export const timeBased: fc.Arbitrary<Case> = fc.record({
  ...common,
  codes,
  used: maybe(fc.array(fc.oneof(near(4), near(104)), { maxLength: 6 })),
  skew: maybe(fc.oneof(near(4), near(1_600))),
  resetting: maybe(fc.array(fc.record({ ago: fc.nat(5), off: near(6) }), { maxLength: 5 })),
  noCounter: rarely<readonly string[]>(
    [],
    fc.constantFrom(["HOTP_COUNTER 0"], ["HOTP_COUNTER -3"]),
  ),
  tries: several(
    { weight: 5, arbitrary: one(timePick) },
    { weight: 2, arbitrary: one(anyPick) },
    { weight: 1, arbitrary: lesson },
  ),
}).map((parts) => {
  const current = Math.floor(parts.anyTime / parts.step);
  const steps = parts.used?.map((by) => current + (parts.skew ?? 0) + by);
  const pairs = parts.resetting?.map(({ ago, off }) =>
    `${current - ago}${off < 0 ? "" : "+"}${off}`
  );
  return assembled(parts, [
    ...parts.noCounter,
    ...listed("DISALLOW_REUSE", steps),
    ...listed("TIME_SKEW", parts.skew === undefined ? undefined : [parts.skew]),
    ...listed("RESETTING_TIME_SKEW", pairs),
    "TOTP_AUTH",
  ]);
});

/** HOTP, where TOTP_AUTH says nothing; and files of neither kind, which have scratch codes only. */
export const counterBased: fc.Arbitrary<Case> = fc.record({
  ...common,
  codes,
  counter: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1, max: 1_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(1, 4_294_967_295, 1_099_511_627_776) },
  ).map((counter) => [`HOTP_COUNTER ${counter}`]),
  noKind: rarely(false, fc.constant(true)),
  both: rarely<readonly string[]>([], fc.constant(["TOTP_AUTH"])),
  tries: several(
    {
      weight: 4,
      arbitrary: one(fc.record({ of: fc.constantFrom("next", "last"), steps: near(2) })),
    },
    { weight: 2, arbitrary: one(anyPick) },
    { weight: 1, arbitrary: one(timePick) },
  ),
}).map((parts) => assembled(parts, parts.noKind ? [] : [...parts.counter, ...parts.both]));

function listed(name: string, values: readonly (string | number)[] | undefined): string[] {
  return values === undefined ? [] : [[name, ...values].join(" ")];
}

interface Parts {
  readonly secret: string;
  readonly step: number;
  readonly window: number;
  readonly anyTime: number;
  readonly rateLimit: { attempts: number; interval: number; ages: number[] } | undefined;
  readonly otherLines: readonly string[];
  readonly layout: {
    readonly order: readonly number[];
    readonly afterName: string;
    readonly end: string;
    readonly emptyAfter: readonly number[];
    readonly lastEnd: boolean;
  };
  readonly codes: { readonly scratch: readonly string[]; readonly note: string };
  readonly tries: readonly Try[];
}

function assembled(parts: Parts, kind: readonly string[]): Case {
  const { rateLimit, layout, anyTime } = parts;
  const tries = rateLimit?.ages.map((age) => anyTime - age);
  const options = [
    ...listed(
      "RATE_LIMIT",
      tries && [rateLimit?.attempts ?? 0, rateLimit?.interval ?? 0, ...tries],
    ),
    ...(parts.window === 3 ? [] : [`WINDOW_SIZE ${parts.window}`]),
    ...(parts.step === 30 ? [] : [`STEP_SIZE ${parts.step}`]),
    ...kind,
  ].map((option) => `" ${option.replace(" ", layout.afterName)}`);
  const { scratch, note } = parts.codes;
  // Scratch codes may stand between options, as long as nothing else does.
  const body = [...options, ...parts.otherLines, ...scratch]
    .map((line, index) => ({ line, key: layout.order[index % 20] ?? 0 }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ line }) => line);
  const lines = [parts.secret, ...body, ...(note === "" ? [] : note.split("\n"))];
  const text = lines.flatMap((line, index) =>
    layout.emptyAfter.includes(index) ? [line, ""] : [line]
  ).join(layout.end);
  return {
    text: layout.lastEnd ? text + layout.end : text,
    start: anyTime,
    tries: parts.tries.slice(0, 8),
  };
}
