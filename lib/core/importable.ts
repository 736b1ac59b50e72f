/**
 * What `enroll --import` takes: google-authenticator's state file, or SSH2FA's list. Which one it is
 * shows in the content. Faults name a line, never what stands in it.
 */
import { toLatin1 } from "./latin1.ts";
import type { Read } from "./result.ts";
import { type ListedSecret, listSsh2fa } from "./ssh2fa_list.ts";
import { parseStateFile, type StateFile } from "./state_file.ts";

type Importable =
  | { kind: "state"; file: StateFile }
  /** In the file's order; lines that name no account have an empty `user`. */
  | { kind: "list"; entries: readonly ListedSecret[] };

export function readImportable(bytes: Uint8Array): Read<Importable> {
  const text = decode(bytes);
  const first = contentLines(text ?? toLatin1(bytes))[0];
  if (first === undefined) return { ok: false, fault: "holds no secret" };
  // A secret has no colon; an option of the state file may (LAST0 with an IPv6 address).
  if (!first.content.includes(":") || first.content.startsWith('"')) {
    const state = parseStateFile(toLatin1(bytes));
    return state.ok ? { ok: true, value: { kind: "state", file: state.value } } : state;
  }
  if (text === undefined) return { ok: false, fault: "is not UTF-8 text" };
  return { ok: true, value: { kind: "list", entries: listed(text) } };
}

/** SSH2FA passes over a line without a colon; who moves away from it had better know. */
function listed(text: string): ListedSecret[] {
  const stray = contentLines(text).filter(({ content }) => !content.includes(":"))
    .map(({ line }): ListedSecret => {
      const fault = `line ${line}: is not user:SECRET`;
      return { line, user: "", secret: { ok: false, fault } };
    });
  return [...listSsh2fa(text), ...stray].toSorted((a, b) => a.line - b.line);
}

/** Neither empty nor a comment. */
function contentLines(text: string): { line: number; content: string }[] {
  return text.split("\n")
    .map((content, index) => ({ line: index + 1, content }))
    .filter(({ content }) => content.trim() !== "" && !content.startsWith("#"));
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
