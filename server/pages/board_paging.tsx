/** Finding something in a list, and turning its pages. */
import type { Child } from "hono/jsx";
import { printable } from "../../lib/core/text.ts";
import type { BoardView } from "./board_parts.tsx";

/** @param query what else is in the address */
export function Pager(
  { page, pages, query, view: { prefix, at, messages: m } }: {
    page: number;
    pages: number;
    query: Readonly<Record<string, string>>;
    view: BoardView;
  },
) {
  if (pages === 1) return null;
  const link = (to: number) =>
    `${prefix}${at}?${new URLSearchParams({ ...query, page: String(to) })}`;
  return (
    <nav class="pager" aria-label={m.pageOf(page, pages)}>
      {page > 1 && <a class="plain" rel="prev" href={link(page - 1)}>{m.previousPage}</a>}
      <span>{m.pageOf(page, pages)}</span>
      {page < pages && <a class="plain" rel="next" href={link(page + 1)}>{m.nextPage}</a>}
    </nav>
  );
}

/** For lists that grow at their front. @param older what the address then says; undefined: no more */
export function Older(
  { older, query, first, view: { prefix, at, messages: m } }: {
    older: Readonly<Record<string, string>> | undefined;
    query: Readonly<Record<string, string>>;
    first: boolean;
    view: BoardView;
  },
) {
  if (first && older === undefined) return null;
  const link = (more: Readonly<Record<string, string>>) => {
    const text = new URLSearchParams({ ...query, ...more }).toString();
    return `${prefix}${at}${text === "" ? "" : `?${text}`}`;
  };
  return (
    <p class="pager">
      {!first && <a class="plain" href={link({})}>{m.newest}</a>}
      {older !== undefined && <a class="plain" rel="next" href={link(older)}>{m.older}</a>}
    </p>
  );
}

/** A field of words to look for, sent with GET. */
export function Find(
  { query, hint, view: { prefix, at, messages: m }, children }: {
    query: string;
    hint?: string;
    view: BoardView;
    children?: Child;
  },
) {
  return (
    <form class="find" method="get" action={`${prefix}${at}`} role="search">
      <label class="field">
        {hint ?? m.searchLabel}
        <input type="search" name="q" value={printable(query, 200)} autocomplete="off" />
      </label>
      {children}
      <button class="no" type="submit">{m.search}</button>
    </form>
  );
}
