/** One-time passwords: HOTP (RFC 4226) of a counter or, for TOTP (RFC 6238), of a time step. */
import { HOTP, Secret } from "otpauth";

/** google-authenticator looks so many steps back and ahead for a code of another time: 12.5 h. */
const FAR = 1_500;

/** @param base32 canonical @returns the six digits of a counter */
export function codesOf(base32: string): (counter: number) => string {
  const hotp = new HOTP({ secret: Secret.fromBase32(base32) });
  return (counter) => counter < 0 ? "" : hotp.generate({ counter });
}

/**
 * The first of `count` counters whose code it is. Looks at all of them whatever it finds, so that
 * time tells nothing about which one it was.
 */
export function matchingCounter(
  base32: string,
  code: string,
  from: number,
  count: number,
): number | undefined {
  const codeOf = codesOf(base32);
  let found: number | undefined;
  for (let counter = from; counter < from + count; counter++) {
    const equal = equalInConstantTime(codeOf(counter), code);
    if (equal && found === undefined) found = counter;
  }
  return found;
}

/**
 * How many steps off a code of another time is, the nearest to now: negative for one of the past.
 * @param step seconds @param now milliseconds since the epoch
 */
export function stepsOff(
  base32: string,
  code: string,
  step: number,
  now: number,
): number | undefined {
  const codeOf = codesOf(base32);
  const current = timeStep(step, now);
  let found: number | undefined;
  for (let distance = 0; distance < FAR; distance++) {
    for (const off of [-distance, distance]) {
      const equal = equalInConstantTime(codeOf(current + off), code);
      if (equal && found === undefined) found = off === 0 ? 0 : off;
    }
  }
  return found;
}

/** The number of the step that a time is in. @param step seconds @param now milliseconds */
export function timeStep(step: number, now: number): number {
  return Math.floor(now / 1000 / step);
}

export function equalInConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
