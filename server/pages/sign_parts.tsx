/** Parts of the pages where people sign in and look after their devices. */
import type { Child } from "hono/jsx";
import type { NoPasskeys } from "../../lib/core/passkey.ts";
import { printable } from "../../lib/core/text.ts";
import type { SignMessages } from "../messages/sign_words.ts";

/** Where passkeys can work. */
export interface PasskeyView {
  readonly messages: SignMessages;
  /** Undefined: they do. */
  readonly noPasskeys: NoPasskeys | undefined;
}

interface PasskeyButtonProps {
  readonly kind: "create" | "get";
  /** Where the script asks what to sign. */
  readonly options: string;
  readonly focus?: boolean;
  readonly children: Child;
}

/** Hidden until the script has found that it can work. */
export function PasskeyButton({ kind, options, focus = false, children }: PasskeyButtonProps) {
  return (
    <button
      class="go"
      type="submit"
      data-passkey={kind}
      data-options={options}
      autofocus={focus}
      hidden
    >
      {children}
    </button>
  );
}

/** Why there is no passkey, or why it did not work. */
export function PasskeySays({ messages: m }: { messages: SignMessages }) {
  return (
    <>
      <div role="alert">
        {Object.entries(m.passkey).map(([saying, text]) => (
          <p key={saying} class="error" data-passkey-says={saying} hidden>{text}</p>
        ))}
      </div>
      <noscript>
        <p class="note">{m.noScript}</p>
      </noscript>
    </>
  );
}

export function ErrorNote({ text }: { text: string | undefined }) {
  return text === undefined ? null : <p class="error" role="alert">{text}</p>;
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly value?: string;
  readonly autocomplete?: string;
  readonly kind?: "code" | "text" | "recovery";
  readonly focus?: boolean;
  readonly hint?: string;
}

/** Longer than anything that is right. */
const LONGEST = 128;

export function Field(
  { label, name, value, autocomplete = "off", kind = "text", focus = false, hint }: FieldProps,
) {
  const typed = kind === "code"
    ? { class: "code", inputmode: "numeric" as const }
    : kind === "recovery"
    ? { class: "code", autocapitalize: "characters" as const }
    : { autocapitalize: "none" as const };
  return (
    <label class="field">
      {label}
      {hint !== undefined && <span class="hint">{hint}</span>}
      <input
        type="text"
        name={name}
        value={value}
        autocomplete={autocomplete}
        spellcheck={false}
        maxlength={LONGEST}
        autofocus={focus}
        required
        {...typed}
      />
    </label>
  );
}

const DAY_MS = 86_400_000;

/** "5 minutes ago", or the day where that says more; the exact time for who wants it. */
export function When(
  { at, now, messages: m }: { at: number; now: number; messages: SignMessages },
) {
  const iso = new Date(at).toISOString();
  return <time datetime={iso} title={iso}>{spoken(at, now, m)}</time>;
}

function spoken(at: number, now: number, { language }: SignMessages): string {
  const ms = Math.max(0, now - at);
  if (ms >= DAY_MS) return new Intl.DateTimeFormat(language, DAY).format(at);
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return format.format(-Math.floor(ms / 1000), "second");
  return minutes < 60
    ? format.format(-minutes, "minute")
    : format.format(-Math.floor(minutes / 60), "hour");
}

const DAY = { dateStyle: "medium", timeZone: "UTC" } as const;

/** "Nov 23, 2026, 08:00 UTC" */
export function Until({ at, messages: m }: { at: number; messages: SignMessages }) {
  const format = new Intl.DateTimeFormat(m.language, { ...DAY, timeStyle: "short" });
  return <time datetime={new Date(at).toISOString()}>{format.format(at)} UTC</time>;
}

/** @param by as in a login's `by` */
export function whoDid(by: string, m: SignMessages): string {
  const [, name] = /^(?:person|admin):(.*)$/s.exec(by) ?? [];
  return name === undefined ? m.theServer : printable(name);
}
