/** The style of the pages where people sign in and look after their devices. */
const SOURCE = `
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
[hidden]{display:none!important}
.or{display:block;text-align:center;padding:.625rem 0 0;min-height:2.5rem}
[open]>.or{display:none}
.fold{margin-top:.5rem}
.fold[open]{border-top:1px solid var(--line);padding-top:1rem;margin-top:1rem}
.fold p{margin:0 0 .625rem}
.card>form,.card>.stack,.card>.error,.card>.done{margin-top:1rem}
.card>.error,.card>.done{margin-bottom:0}
.card>.done:first-child{margin:0 0 1rem}
.card>dl+.note{margin-top:.75rem}
.card>dl+p:not(.note),.card>.steps+p{margin-top:1rem}
.wide .card>form{max-width:34rem}
.stack{display:grid;gap:.625rem}
.hint{color:var(--dim);font-weight:400;font-size:.875rem}
input.code{text-transform:uppercase}
.plain{display:grid;place-items:center;background:transparent;border:2px solid var(--edge);color:var(--ink);min-height:3.25rem;
padding:.5rem 1rem;border-radius:1rem;font-weight:600;text-decoration:none;text-align:center}
a.go{display:grid;place-items:center;color:var(--go-ink);padding:.5rem 1rem;border-radius:1rem;text-decoration:none}
.small{min-height:2.5rem;padding:.25rem .75rem;border-radius:.75rem;font-size:.9375rem}
.tick{display:flex;gap:.625rem;align-items:center;min-height:2.75rem;font-size:.9375rem}
.tick input{width:1.5rem;height:1.5rem;flex:none;margin:0;accent-color:var(--go)}
.ways{display:grid;gap:.625rem}
@media(hover:none) and (pointer:coarse){.ways>a{order:-1}}
.steps{margin:1rem 0 0;padding:0;list-style:none;display:grid;gap:.875rem}
.qr{display:block;width:100%;max-width:15rem;height:auto;margin:.625rem auto;border-radius:.75rem;background:#fff;padding:.75rem}
.secret{text-align:center;font-size:1.0625rem;letter-spacing:.05em;margin-top:.375rem}
.codes{list-style:none;margin:1rem 0;padding:.875rem;display:grid;grid-template-columns:1fr 1fr;gap:.5rem .875rem;background:var(--well);
border:1px solid var(--line);border-radius:1rem;font:600 1.0625rem/1.5 ui-monospace,Menlo,Consolas,monospace;text-align:center}
.cards{display:grid;gap:.875rem;align-items:start}
.cards .card+.card{margin-top:0}
.side{display:grid;gap:.875rem;align-content:start}
.banner{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between;background:var(--calm-well);
border-radius:1rem;padding:.75rem 1rem;margin:0}
.banner p{margin:0;flex:1 1 15rem}
.banner.bad{background:var(--stop-well);color:var(--stop);font-weight:600}
.devices{margin:0}
.devices>li:first-child{border:0;padding-top:0}
.devices>li:last-child{padding-bottom:0}
.devices b{overflow-wrap:anywhere}
.devices details{margin:0}
.devices summary{min-height:1.75rem;width:fit-content}
.devices [open]>summary{display:none}
.devices dl{margin:0;font-size:.875rem}
.devices .stack{margin-top:.5rem}
@media(min-width:60rem){.cards{grid-template-columns:minmax(0,5fr) minmax(0,3fr)}}
@media print{.brand,.nav,form,.skip,.go{display:none}body{background:#fff;color:#000}.card{box-shadow:none}}
@media(forced-colors:active){.plain,.banner,.codes{border:2px solid}}
`;

export const SIGN_STYLE = SOURCE.trim().replaceAll("\n", "");
