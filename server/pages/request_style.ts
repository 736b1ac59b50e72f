/** The style of the approval page's fields. */
const SOURCE = `
.error,.done{border-radius:.75rem;padding:.625rem .875rem;margin:.75rem 0 0;font-weight:600}
.error{background:var(--stop-well);color:var(--stop)}
.done{background:var(--go-well);color:var(--go)}
.live>.done,.live>.note{margin:0 0 .75rem}
form>[role=alert]{margin-top:-.625rem}
.signed{color:var(--dim);font-size:.9375rem;margin:0}
.signed b{color:var(--ink)}
.fold{margin:0}
.fold>summary{display:block;padding:.5rem 0;min-height:2.5rem;text-align:center}
.fold[open]>summary{display:none}
.fold[open] .fold:not([open])>summary{display:block}
.fields{display:grid;grid-template-columns:minmax(0,1fr);gap:.625rem}
.halves{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:.625rem}
.field{display:grid;gap:.25rem;font-weight:600;font-size:.9375rem;align-content:start}
.pair.long{grid-template-columns:minmax(0,1fr) minmax(0,2fr)}
.beside{grid-template-columns:auto minmax(0,1fr);align-items:center;gap:.75rem}
.remember:has([name=remember]>[value=""]:checked)>.more{display:none}
.field input,.field select{font:inherit;font-size:1rem;font-weight:400;width:100%;min-height:3rem;
padding:.5rem .75rem;border:2px solid var(--edge);border-radius:.75rem;background:var(--well);color:var(--ink)}
.field select{padding-inline:.5rem}
.field input.number{display:block;min-height:4.25rem;font-size:1.875rem;font-weight:600;text-align:center}
.tick{display:flex;gap:.625rem;align-items:center;min-height:2.5rem;font-size:.9375rem}
.tick .note{display:block}
.live>.fold+form{margin-top:1rem}
.tick input{width:1.25rem;height:1.25rem;flex:none;margin:0;accent-color:var(--go)}
.plain{background:transparent;border-color:var(--go);color:var(--go)}
.offer{margin-top:1.25rem;padding:1rem;border-radius:1rem;background:var(--calm-well);text-align:start}
.offer h2{margin:0}
.result .offer p{color:var(--ink)}
.offer form{margin-top:.75rem}
.offer .go{background:var(--stop)}
.offer .plain{border-color:var(--stop);color:var(--stop)}
.offer summary{color:var(--stop)}
.offer .signed{color:var(--ink)}
.began{margin:0;padding-inline-start:1.5rem;columns:9rem}
dd.error{margin:0}
.error+.who{margin-top:.875rem}
.live>form+form{margin-top:1rem}
.done a{display:block;padding:.125rem 0}
[hidden]{display:none!important}
@media(forced-colors:active){.error,.done,.offer,.field input,.field select{border:2px solid}}
`;

export const REQUEST_STYLE = SOURCE.trim().replaceAll("\n", "");
