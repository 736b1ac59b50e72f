/** What clients take for an address in plain text. */

/** A name is looked for among the real ones; these end as ours do that are none. */
const NO_DOMAIN = /\.toml$/i;
const FOUND =
  /[a-z][a-z0-9+.-]*:\/\/[^\s<>"]+|[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+|(?<![\p{L}\p{N}_.-])(?:[\p{L}\p{N}-]+[.。．｡])+(?:[a-z]{2,}|(?<=\.)\p{L}{2,})(?![\p{L}\p{N}_-])(?:[:/?#][^\s<>"]*)?|(?<![\p{N}.])(?:\p{N}{1,3}[.。．｡]){3}\p{N}{1,3}(?![\p{N}])(?:[:/][^\s<>"]*)?/giu;

export function foundLinks(text: string): string[] {
  return [...text.matchAll(FOUND)].map(([link]) => link).filter((link) => !NO_DOMAIN.test(link));
}

/** The same of mail, whose clients leave an address of IP alone. */
export function foundInMail(text: string): string[] {
  return foundLinks(text).filter((link) => !/^[0-9]{1,3}(\.[0-9]{1,3}){3}$/.test(link));
}

/** What phones take for a telephone number: seven digits or more with little in between, but no date. */
export function foundNumbers(text: string): string[] {
  const others = text.replace(/\b\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\b/g, "date");
  return [...others.matchAll(/\p{Nd}(?:[\s()[\].\-/~+]{0,4}\p{Nd}){6,}/gu)].map(([number]) =>
    number
  );
}
