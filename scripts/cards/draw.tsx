/** Draws cards side by side, for a picture. */
import type { Card, Row } from "./card.ts";

const STYLE = `
body { margin: 0; padding: 16px; background: #e9edf2; width: 1200px; box-sizing: border-box;
  font: 14px/1.45 "Noto Sans", "Noto Sans CJK SC", sans-serif; color: #16181d }
main { columns: 3; column-gap: 16px }
figure { break-inside: avoid; margin: 0 0 16px; display: block }
figcaption { font-size: 12px; color: #565d6b; margin: 0 0 4px }
article { background: #fff; border-radius: 10px; padding: 12px 14px; overflow-wrap: anywhere }
h2 { font-size: 15px; margin: 0 0 8px; line-height: 1.35 }
p { margin: 0 0 6px }
dl { margin: 0 0 8px; display: grid; grid-template-columns: auto 1fr; gap: 2px 12px }
dt { color: #6b7280 } dd { margin: 0 }
.buttons { display: flex; gap: 6px; margin: 0 0 6px }
.buttons span { flex: 1; text-align: center; padding: 6px 4px; border-radius: 6px;
  background: #eef1f6; font-weight: 500 }
.buttons .strong { background: #2456b8; color: #fff }
.buttons .danger { background: #fbe9e7; color: #b3261e }
.buttons .link { color: #2456b8 }
.input { border: 1px solid #c6ccd6; border-radius: 6px; padding: 6px 8px; color: #8a919c; margin: 0 0 6px }
code { font: 13px "Noto Sans Mono", monospace; background: #f3f4f6; border-radius: 3px; padding: 0 3px }
pre { margin: 0; white-space: pre-wrap; font: 11px/1.4 monospace }
`;

export interface Shown {
  readonly name: string;
  readonly card: Card;
}

export function CardSheet({ cards, lang }: { readonly cards: readonly Shown[]; lang: string }) {
  return (
    <html lang={lang}>
      <head>
        <meta charset="utf-8" />
        <title>cards</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <main>
          {cards.map(({ name, card }) => (
            <figure key={name}>
              <figcaption>{name}</figcaption>
              <article>
                {card.title !== "" && <h2>{card.title}</h2>}
                {card.rows.map((row, index) => <Drawn key={index} row={row} />)}
              </article>
            </figure>
          ))}
        </main>
      </body>
    </html>
  );
}

function Drawn({ row }: { readonly row: Row }) {
  switch (row.kind) {
    case "text":
      return <p>{row.text}</p>;
    case "fact":
      return (
        <dl>
          <dt>{row.label}</dt>
          <dd>{row.value}</dd>
        </dl>
      );
    case "buttons":
      return (
        <div class="buttons">
          {row.buttons.map(({ text, look }) => <span key={text} class={look}>{text}</span>)}
        </div>
      );
    case "input":
      return <div class="input">{row.label}</div>;
    case "html":
      return <div dangerouslySetInnerHTML={{ __html: row.html }} />;
  }
}
