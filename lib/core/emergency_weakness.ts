/** Which emergency codes are too easily guessed: tests for what people think of, no estimate. */

export type Weakness = "common" | "name" | "short" | "digits" | "repeated" | "sequence";

const SHORTEST = 12;
const SHORTEST_OF_DIGITS = 16;
/** Characters that must be left when all that is expected is taken away. */
const FRESH = 8;
const FEWEST_DIFFERENT = 5;
/** A shorter name is in too many codes by chance. */
const SHORTEST_NAME = 3;

/** Next to each other on keyboards and in the alphabet, in either direction. */
const ROWS = [
  "01234567890",
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiop",
  "qwertzuiop",
  "azertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "yxcvbnm",
  "!@#$%^&*()_+",
];

/** In lower case, with letters in the place of what is written for them. */
const COMMON = [
  "password",
  "passwort",
  "passphrase",
  "passwd",
  "passcode",
  "emergency",
  "breakglass",
  "gatehouse",
  "recovery",
  "administrator",
  "admin",
  "root",
  "toor",
  "login",
  "secret",
  "letmein",
  "welcome",
  "changeme",
  "default",
  "iloveyou",
  "monkey",
  "dragon",
  "master",
  "sunshine",
  "princess",
  "football",
  "baseball",
  "superman",
  "trustno",
  "server",
  "linux",
  "ubuntu",
  "debian",
  "centos",
  "redhat",
  "company",
  "spring",
  "summer",
  "autumn",
  "winter",
  "woaini",
  "wodemima",
  "mima",
  "wechat",
  "wecom",
  "correct",
  "horse",
  "battery",
  "staple",
];

/** What stands for a letter. */
const LETTERS: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  "$": "s",
  "!": "i",
};

/** What the first guess of anybody is, too short for any other word to be said about it. */
const FIRST_GUESSES = /^(0*|1*|12345?6?7?8?9?0?|654321|[0-9]{1,4})$/;

/**
 * Why it is too weak; empty where it is not.
 * @param code normalized @param names of the host and of accounts, whatever they are
 */
export function weaknesses(code: string, names: readonly string[]): Weakness[] {
  const found: Weakness[] = [];
  const isDigits = /^[0-9]*$/.test(code);
  const common = withoutWords(code, COMMON);
  const both = withoutWords(code, [...COMMON, ...names]);
  if (FIRST_GUESSES.test(code) || (common < code.length && both < FRESH)) found.push("common");
  if (both < common && both < FRESH) found.push("name");
  if (code.length < SHORTEST) found.push("short");
  if (isDigits && code.length < SHORTEST_OF_DIGITS) found.push("digits");
  if (isRepeated(code)) found.push("repeated");
  if (!found.includes("repeated") && withoutRows(code) < FRESH && code.length >= FRESH) {
    found.push("sequence");
  }
  return found;
}

/** For a person, behind "it ". */
export function describeWeakness(weakness: Weakness): string {
  switch (weakness) {
    case "common":
      return "is among the first that anybody tries";
    case "name":
      return "is little more than a name of this host or of an account";
    case "short":
      return `has fewer than ${SHORTEST} characters`;
    case "digits":
      return `has only digits and fewer than ${SHORTEST_OF_DIGITS}`;
    case "repeated":
      return "repeats itself";
    case "sequence":
      return "follows the alphabet or the keyboard";
  }
}

/** How many characters belong to none of the words. */
function withoutWords(code: string, words: readonly string[]): number {
  const plain = code.toLowerCase();
  const read = plain.replace(/./g, (c) => LETTERS[c] ?? c);
  const covered = new Set<number>();
  for (const word of words.map((word) => word.toLowerCase())) {
    if (word.length < SHORTEST_NAME) continue;
    for (const text of [plain, read]) {
      for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
        for (let i = 0; i < word.length; i++) covered.add(at + i);
      }
    }
  }
  return code.length - covered.size;
}

/** The same few characters, or one short part again and again. */
function isRepeated(code: string): boolean {
  if (new Set(code.toLowerCase()).size < FEWEST_DIFFERENT) return true;
  for (let period = 1; period < SHORTEST && period * 2 <= code.length; period++) {
    if ([...code].every((c, at) => at < period || c === code[at - period])) return true;
  }
  return false;
}

/** How many characters are not what the one before lets expect. */
function withoutRows(code: string): number {
  const text = code.toLowerCase();
  return [...text].filter((c, at) => {
    const before = text[at - 1];
    return before === undefined || !(c === before || isNext(before, c));
  }).length;
}

function isNext(one: string, other: string): boolean {
  return ROWS.some((row) => row.includes(one + other) || row.includes(other + one));
}
