/** The frame of every page, and the only way from JSX to an answer. */
import type { Child } from "hono/jsx";
import { raw } from "hono/html";
import { Buffer } from "node:buffer";
import { frameMessages } from "../messages/frame.ts";
import type { Language } from "../messages/language.ts";
import { FRAME_STYLE } from "./frame_style.ts";
import { Me, Nav, type NavView } from "./nav.tsx";
import { STYLE } from "./style.ts";

export interface PageContent {
  readonly title: string;
  readonly body: Child;
  /** For the countdown, in seconds. */
  readonly clock?: { readonly left: number; readonly total: number };
  /** Paths of our own scripts; pages work without, but for what only a script can do. */
  readonly scripts?: readonly string[];
  /** Style that only this page needs. */
  readonly styles?: readonly string[];
  /** For tables and lists: as wide as the screen allows. */
  readonly wide?: boolean;
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is around the page. */
export interface Frame {
  readonly language: Language;
  /** Before every path, as browsers see it. */
  readonly prefix: string;
  /** The path of this page. */
  readonly at: string;
  /** Who is signed in. */
  readonly person: NavView["person"] | undefined;
}

/** Script only of our own files, style only by its hash, forms only to ourselves, never in a frame. */
export async function renderPage(
  content: PageContent,
  frame: Frame,
  status = 200,
): Promise<Response> {
  const { title, body, clock, scripts = [], styles = [], wide = false, headers = {} } = content;
  const { language, prefix, person } = frame;
  const ticking = clock === undefined ? [] : [countdown(clock.left, clock.total)];
  const framed = person === undefined ? [] : [FRAME_STYLE];
  const all = [...new Set([STYLE, ...framed, ...styles]), ...ticking];
  const page = (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        <title>{title} · gatehouse</title>
        {all.map((style) => <style key={style}>{raw(style)}</style>)}
        {scripts.map((path) => <script key={path} type="module" src={`${prefix}${path}`}></script>)}
      </head>
      <body class={wide ? "wide" : ""}>
        {person !== undefined && <a class="skip" href="#content">{frameMessages(language).skip}</a>}
        <header class={person === undefined ? "" : "top"}>
          <div class="brand">
            <Arch /> gatehouse
          </div>
          {person !== undefined && <Me {...frame} person={person} />}
        </header>
        {person !== undefined && <Nav {...frame} person={person} />}
        <main id="content">{body}</main>
      </body>
    </html>
  );
  const hashes = await Promise.all(all.map(styleHash));
  const script = scripts.length === 0 ? "" : "script-src 'self'; connect-src 'self'; ";
  return new Response(`<!DOCTYPE html>${page}`, {
    status,
    headers: {
      ...headers,
      "content-type": "text/html; charset=utf-8",
      "content-language": language,
      "vary": "Accept-Language, Cookie",
      "content-security-policy": `default-src 'none'; style-src ${hashes.join(" ")}; ${script}` +
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
