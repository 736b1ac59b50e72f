/** What a person answers in a chat, as the buttons of a message carry it: at most 64 bytes of ASCII. */

/** `match`: the number that was picked or typed; null where there is none to match. */
export type ChatAct =
  | { readonly kind: "approve"; readonly match: string | null }
  | { readonly kind: "deny" }
  /** Denies, and freezes the account. */
  | { readonly kind: "not_me" };

const LETTERS = { approve: "a", deny: "d", not_me: "n" } as const;
const WRITTEN = /^([adn]):([A-Za-z0-9_-]{16})(?::([0-9]{2}))?$/;

export function writeAct(ticket: string, act: ChatAct): string {
  const match = act.kind === "approve" && act.match !== null ? `:${act.match}` : "";
  return `${LETTERS[act.kind]}:${ticket}${match}`;
}

/** Undefined for what is none. */
export function readAct(text: string): { ticket: string; act: ChatAct } | undefined {
  const [, letter, ticket = "", match] = WRITTEN.exec(text) ?? [];
  switch (letter) {
    case "a":
      return { ticket, act: { kind: "approve", match: match ?? null } };
    case "d":
      return match === undefined ? { ticket, act: { kind: "deny" } } : undefined;
    case "n":
      return match === undefined ? { ticket, act: { kind: "not_me" } } : undefined;
    default:
      return undefined;
  }
}
