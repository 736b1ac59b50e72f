/** The frame of every page, and the only way from JSX to an answer. */
import type { Child } from "hono/jsx";
import { raw } from "hono/html";
import { Buffer } from "node:buffer";
import type { PageMessages } from "../messages/page.ts";
import { STYLE } from "./style.ts";

export interface PageContent {
  readonly messages: PageMessages;
  readonly title: string;
  readonly body: Child;
  /** For the countdown, in seconds. */
  readonly clock?: { readonly left: number; readonly total: number };
}

/** No script at all, style only by its hash, forms only to ourselves, never in a frame. */
export async function renderPage(
  content: PageContent,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const { messages, title, body, clock } = content;
  const ticking = clock === undefined ? "" : countdown(clock.left, clock.total);
  const page = (
    <html lang={messages.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        <title>{title} · gatehouse</title>
        <style>{raw(STYLE)}</style>
        {ticking !== "" && <style>{raw(ticking)}</style>}
      </head>
      <body>
        <header class="brand">
          <Arch /> gatehouse
        </header>
        <main>{body}</main>
      </body>
    </html>
  );
  const hashes = await Promise.all([STYLE, ticking].filter((style) => style !== "").map(styleHash));
  return new Response(`<!DOCTYPE html>${page}`, {
    status,
    headers: {
      ...headers,
      "content-type": "text/html; charset=utf-8",
      "content-language": messages.language,
      "vary": "Accept-Language",
      "content-security-policy": `default-src 'none'; style-src ${hashes.join(" ")}; ` +
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    },
  });
}

/** Our own numbers only: this is the one part of the style that differs between pages. */
function countdown(left: number, total: number): string {
  return `:root{--left:${left};--part:${Math.min(1, left / total).toFixed(3)}}`;
}

async function styleHash(style: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  return `'sha256-${Buffer.from(digest).toString("base64")}'`;
}

function Arch() {
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d="M3 21V4h4v3h3V4h4v3h3V4h4v17h-5v-5a4 4 0 0 0-8 0v5z" />
    </svg>
  );
}
