/** The lines of sshd_config: words, quotes, times (sshd_config(5), misc.c of OpenSSH). */

/** One line of sshd_config. */
export interface Line {
  /** In lower case; "" for an empty line and a remark. */
  readonly keyword: string;
  readonly values: readonly string[];
  /** What stands behind the keyword, as it is written: a command goes on to the end of its line. */
  readonly text: string;
}

/** `Keyword value value`, `keyword=value`, `"keyword" "value"`. */
export function readLine(line: string): Line {
  const [, quoted, plain, text = ""] =
    /^[ \t]*(?:"([^"]*)"|([^ \t="#]+))[ \t]*=?[ \t]*(.*)$/s.exec(line.replace(/[ \t\r\f]+$/, "")) ??
      [];
  return { keyword: (quoted ?? plain ?? "").toLowerCase(), values: splitWords(text), text };
}

/** As sshd does (argv_split() in misc.c): quotes, backslashes, and a comment where a word would begin. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (quote === "" && /[ \t]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === "" && word === undefined && char === "#") {
      break;
    } else if (char === "\\" && next !== "" && `'"\\${quote === "" ? " " : ""}`.includes(next)) {
      word = (word ?? "") + next;
      at++;
    } else if (char === quote) {
      quote = "";
    } else if (quote === "" && /["']/.test(char)) {
      quote = char;
      word ??= "";
    } else {
      word = (word ?? "") + char;
    }
  }
  return word === undefined ? words : [...words, word];
}

const UNIT_S = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;

/** sshd_config(5), TIME FORMATS: "120", "2m", "1h30m". Undefined for anything else. */
export function seconds(text: string): number | undefined {
  if (!/^\d+(?:[smhdw]\d+)*[smhdw]?$/i.test(text)) return undefined;
  const parts = text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g);
  const sum = parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitS(unit), 0);
  return sum < 2 ** 31 ? sum : undefined;
}

function unitS(letter: string | undefined): number {
  return letter !== undefined && Object.hasOwn(UNIT_S, letter)
    ? UNIT_S[letter as keyof typeof UNIT_S]
    : 1;
}
