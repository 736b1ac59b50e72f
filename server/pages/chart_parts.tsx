/** What the pictures share. They are SVG made here; each has its figures as a table beside it. */
import type { Child } from "hono/jsx";
import type { LoginOutcome } from "../../lib/core/login_list.ts";
import type { BoardMessages } from "../messages/board_words.ts";

/** From the ground up. */
export const OUTCOMES: readonly LoginOutcome[] = [
  "approved",
  "remembered",
  "code",
  "ended",
  "waiting",
  "refused",
];

export type Counts = Readonly<Record<LoginOutcome, number>>;

export const NO_COUNTS: Counts = {
  approved: 0,
  remembered: 0,
  code: 0,
  ended: 0,
  waiting: 0,
  refused: 0,
};

export function plus(
  counts: Counts,
  { outcome, count }: { readonly outcome: LoginOutcome; readonly count: number },
): Counts {
  return { ...counts, [outcome]: counts[outcome] + count };
}

export function total(counts: Counts): number {
  return OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
}

/** With at most one decimal: a picture needs no more, and a page shall be small. */
export function place(number: number): string {
  return String(Math.round(number * 10) / 10);
}

/** @param name of its title and description, one of its kind on a page */
export function Chart(
  { name, title, text, width, height, children }: {
    name: string;
    title: string;
    text: string;
    width: number;
    height: number;
    children?: Child;
  },
) {
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-labelledby={`${name}-title ${name}-text`}
    >
      <title id={`${name}-title`}>{title}</title>
      <desc id={`${name}-text`}>{text}</desc>
      {children}
    </svg>
  );
}

export function Legend({ messages }: { messages: BoardMessages }) {
  return (
    <ul class="legend">
      {OUTCOMES.map((outcome) => (
        <li key={outcome}>
          <svg viewBox="0 0 10 10" aria-hidden="true">
            <rect class={outcome} width="10" height="10" rx="2" />
          </svg>
          {messages.logins.outcomes[outcome]}
        </li>
      ))}
    </ul>
  );
}

/** The same in figures. @param name of the chart */
export function Figures(
  { name, columns, messages, children }: {
    name: string;
    columns: readonly string[];
    messages: BoardMessages;
    children?: Child;
  },
) {
  return (
    <details class="fold">
      <summary>{messages.logins.figures}</summary>
      <div class="scroll" tabindex={0} role="region" aria-labelledby={`${name}-title`}>
        <table>
          <thead>
            <tr>{columns.map((name) => <th scope="col" key={name}>{name}</th>)}</tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      </div>
    </details>
  );
}
