/** Which files say whether an account is enrolled, for the log of a login that is refused for it. */
import { printable } from "../core/text.ts";
import type { CodeFilesConfig } from "../io/code_files.ts";

type Files = Pick<CodeFilesConfig, "user" | "secret" | "totpSecrets">;

export function lookedFor({ user, secret, totpSecrets }: Files): string {
  const own = printable(secret);
  if (totpSecrets === "") return own;
  return `${own}, nor a line of ${printable(user, 64)} in ${printable(totpSecrets)}`;
}
