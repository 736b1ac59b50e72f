/** Kinds of settings that channels share, as schemas. */
import * as v from "valibot";
import { isPrintable } from "../core/text.ts";
import { webAddress } from "../core/values.ts";

/** What has a secret. */
export const secret = v.pipe(
  v.string("must be text in quotes"),
  v.regex(/^[\x21-\x7e]{1,4096}$/, "must be visible ASCII without spaces"),
);

/** An address that secrets are sent to. */
export const apiUrl = v.pipe(
  webAddress,
  v.check(keepsSecrets, "must begin with https:// (http:// only on this machine)"),
);

function keepsSecrets(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === "https:" || /^(localhost|127(\.[0-9]+){3}|\[::1\])$/.test(hostname);
}

/** Which of these settings are missing where people answer, by their names. */
export function neededForButtons(
  settings: Readonly<Record<string, unknown>>,
  ...names: readonly string[]
): Record<string, string> {
  const missing = names.filter((name) => settings[name] === undefined);
  return Object.fromEntries(
    missing.map((name) => [name, `missing: buttons need ${names.join(" and ")}`]),
  );
}

/** @param max in characters */
export function words(max: number) {
  return v.pipe(
    v.string("must be text in quotes"),
    v.check((text) => text.trim() !== "", "must not be empty"),
    v.check((text) => [...text].length <= max, `must be ${max} characters at most`),
    v.check(isPrintable, "must not contain control or invisible characters"),
  );
}

/** @param what as in "must be the id of …" */
export function matching(pattern: RegExp, what: string) {
  return v.pipe(v.string("must be text in quotes"), v.regex(pattern, `must be ${what}`));
}
