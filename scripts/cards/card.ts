/** A message as a vendor's client shows it, without the vendor's own look. */
export interface Card {
  readonly title: string;
  /** Below the title, in order. */
  readonly rows: readonly Row[];
}

export type Row =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "fact"; readonly label: string; readonly value: string }
  | { readonly kind: "buttons"; readonly buttons: readonly { text: string; look: Look }[] }
  | { readonly kind: "input"; readonly label: string }
  /** As the client would draw it: of channels whose markup is HTML. */
  | { readonly kind: "html"; readonly html: string };

export type Look = "plain" | "strong" | "danger" | "link";

export const text = (text: string): Row => ({ kind: "text", text });
export const fact = (label: string, value: string): Row => ({ kind: "fact", label, value });
export const buttons = (all: readonly (readonly [text: string, look: Look])[]): Row => ({
  kind: "buttons",
  buttons: all.map(([text, look]) => ({ text, look })),
});

/** Several lines: the first is the title. */
export function ofLines(lines: string, ...more: Row[]): Card {
  const [title = "", ...rest] = lines.split("\n");
  return { title, rows: [...rest.filter((line) => line !== "").map(text), ...more] };
}
