/** The style of pages of those who are signed in: navigation, lists, tables, forms with fields. */
const SOURCE = `
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.5rem .75rem;border-radius:.5rem;z-index:1}
.top{width:100%;max-width:27rem;display:flex;gap:1rem;align-items:center;justify-content:space-between;
font-size:.9375rem}
.nav{width:100%;max-width:27rem;display:flex;flex-wrap:wrap;gap:.5rem;font-size:.9375rem}
.nav nav{flex:1 1 100%}
.nav nav+nav{border-top:1px solid var(--line);padding-top:.5rem}
.nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.125rem;margin:0 -.5rem;padding:0}
.nav a{display:block;padding:.5rem;border-radius:.625rem;color:var(--ink);font-weight:500;
text-decoration:none}
.nav a:hover{background:var(--calm-well)}
.nav a[aria-current]{background:var(--go-well);color:var(--go);font-weight:600}
.me{display:flex;gap:.75rem;align-items:center;color:var(--dim);min-width:0;overflow-wrap:anywhere}
.me b{color:var(--ink)}
.quiet{min-height:2.5rem;padding:.25rem .75rem;border-radius:.75rem;background:transparent;
border-color:var(--edge);color:var(--ink);font-size:.9375rem;white-space:nowrap}
.wide main,.wide .nav,.wide .top{max-width:64rem}
.wide main{display:grid;gap:.875rem;align-content:start}
body.wide{justify-content:flex-start;padding-bottom:2rem}
.card h2{font-size:1.125rem}
.card+.card{margin-top:.875rem}
.wide .card+.card{margin-top:0}
label.field{display:grid;gap:.375rem;font-weight:600;font-size:.9375rem}
input[type=text],input[type=password],input[type=search],select,textarea{font:inherit;font-weight:400;width:100%;
min-height:3rem;padding:.5rem .75rem;border:2px solid var(--edge);border-radius:.75rem;
background:var(--well);color:var(--ink)}
input.code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:1.5rem;letter-spacing:.15em;text-align:center}
.error{background:var(--stop-well);color:var(--stop);border-radius:.75rem;padding:.625rem .875rem;margin:0 0 .75rem;font-weight:600}
.done{background:var(--go-well);color:var(--go);border-radius:.75rem;padding:.625rem .875rem;margin:0 0 .75rem;font-weight:600}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9375rem;font-variant-numeric:tabular-nums}
th{text-align:start;color:var(--dim);font-weight:600;white-space:nowrap}
th,td{padding:.5rem .75rem .5rem 0;border-bottom:1px solid var(--line);vertical-align:baseline;overflow-wrap:anywhere}
.list{list-style:none;margin:.5rem 0 0;padding:0}
.list>li{padding:.75rem 0;border-top:1px solid var(--line);display:grid;gap:.375rem}
.told{margin:.5rem 0 0;padding:0 0 0 1.25rem;display:grid;gap:.5rem;overflow-wrap:anywhere}
.told .note{margin:0}
.told ::marker{color:var(--dim)}
.row{display:flex;flex-wrap:wrap;gap:.5rem .75rem;align-items:center;justify-content:space-between}
form.row{display:flex}
.tag{display:inline-block;padding:.0625rem .5rem;border-radius:1rem;background:var(--calm-well);color:var(--dim);font-size:.8125rem;font-weight:600}
.tag.good{background:var(--go-well);color:var(--go)}
.tag.bad{background:var(--stop-well);color:var(--stop)}
.danger{background:var(--stop-well);color:var(--stop);min-height:2.5rem;padding:.25rem .75rem;border-radius:.75rem;font-size:.9375rem}
.dim{color:var(--dim)}
@media(max-width:30rem){.as{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}}
@media(min-width:66rem){.wide .nav{flex-wrap:nowrap;gap:1rem}.wide .nav nav{flex:none}
.wide .nav nav+nav{border:0;border-inline-start:1px solid var(--line);padding:0 0 0 1rem}}
@media(forced-colors:active){.tag,.error,.done,input,select{border:2px solid}}
`;

export const FRAME_STYLE = SOURCE.trim().replaceAll("\n", "");
