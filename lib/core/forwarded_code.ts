/** Password and code in one line, for clients that ask for one thing only (forward_pass). */

export interface Split {
  readonly password: string;
  readonly code: string;
}

/**
 * Every way that the line may be read: six digits at its end are a code, eight a scratch code, which
 * never begins with 0. With eight digits at the end nobody can say which: "42" may belong to the
 * password. The likelier first; empty when there is no code in it.
 */
export function splitForwarded(line: string): Split[] {
  return [/^(.*)([0-9]{6})$/s, /^(.*)([1-9][0-9]{7})$/s].flatMap((shape) => {
    const [, password, code] = shape.exec(line) ?? [];
    return password === undefined || code === undefined ? [] : [{ password, code }];
  });
}
