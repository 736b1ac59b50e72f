/** The style of lists and pictures. Tables become cards where the screen is narrow. */
const SOURCE = `
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.head{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between}
.wide .card>*+*{margin-top:.75rem}
.wide .card>:first-child{margin-top:0}
.head>h2{margin:0}
.head>span{margin-inline-end:auto}
.tag{white-space:nowrap}
.tag+.tag{margin-inline-start:.25rem}
.asks{display:grid;gap:.875rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr));
margin-top:.875rem}
.ask{border:2px solid var(--go);border-radius:1rem;padding:.875rem;display:grid;gap:.75rem;
align-content:start}
.ask .who{margin:0;font-size:1.25rem}
.ask dl{margin:0}
a.go,a.plain{display:grid;place-items:center;border-radius:1rem;text-decoration:none;font-weight:600;
padding:.5rem 1rem;min-height:3.25rem}
a.plain{border:2px solid var(--edge);color:var(--ink);min-height:2.75rem;border-radius:.75rem}
main a{color:var(--go)}
main a.go{color:var(--go-ink)}
main a.plain{color:var(--ink)}
.people{list-style:none;display:flex;flex-wrap:wrap;gap:.125rem .75rem;margin:0;padding:0}
.people a{display:block;min-width:1.5rem;min-height:1.5rem}
.entries{display:grid;gap:.875rem}
.ask form+.fold{margin:-.5rem 0 0}
.alert{border:2px solid var(--stop);background:var(--stop-well)}
.alert h2{color:var(--stop)}
.alert a{color:var(--stop);font-weight:600}
.fold>summary{padding:.5rem 0;min-height:2.5rem}
.fold[open]>summary{display:list-item;list-style:none}
.fold>summary::before{content:"▸ "}
.fold[open]>summary::before{content:"▾ "}
.fold.stop>summary{color:var(--stop)}
.fold form{margin-top:.5rem}
.fields{display:grid;gap:.875rem;max-width:34rem}
.fields .note{margin:0;font-weight:400}
label.check{display:flex;gap:.625rem;align-items:flex-start;min-height:2.5rem;font-weight:600}
label.check input{width:1.5rem;height:1.5rem;margin:0;accent-color:var(--go);flex:none}
label.check .note{display:block;font-weight:400}
textarea{min-height:6rem}
.find{display:flex;flex-wrap:wrap;gap:.5rem;align-items:end}
.find label{flex:1 1 10rem}
.find label:has(~.short){flex-basis:14rem}
.find label.short{flex:0 1 10rem}
.find button{flex:0 0 auto;min-height:3rem;border-radius:.75rem}
.pager{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin-top:.875rem}
.small{min-height:2.75rem;padding:.25rem .875rem;border-radius:.75rem;font-size:.9375rem}
td .small,td .danger{margin:.25rem 0;white-space:nowrap}
@media(min-width:64.01rem){td .small,td .danger{margin:-.375rem 0}
td time{white-space:nowrap}
tbody th{min-width:6rem;white-space:normal}
.tight tbody th{min-width:10rem}
td.from{min-width:9.25rem}
td.by{min-width:6.5rem}
td.runs{min-width:8rem}}
td .fold{margin:0;width:max-content;max-width:9rem}
td .fold>summary{padding:0;min-height:1.5rem;font-weight:500}
td .fold button{margin:.25rem 0;white-space:normal}
.cards th[scope=row]{color:var(--ink)}
.link{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9375rem;user-select:all}
.qr{width:min(100%,15rem);height:auto;background:#fff;border-radius:.75rem;margin-top:.75rem}
.pictures{display:grid;gap:.875rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr))}
.pictures .card{margin:0;min-width:0}
.chart{display:block;width:100%;max-width:36rem;height:auto;margin-top:.5rem}
.chart text{fill:var(--dim);font-size:13px}
@media(min-width:48.01rem){.chart text{font-size:11px}}
.chart .name{fill:var(--ink)}
.chart line{stroke:var(--line)}
.chart rect{stroke:var(--card);stroke-width:1}
.chart path{fill:none;opacity:.75}
.approved{fill:var(--go);stroke:var(--go)}
.remembered{fill:#7a8cf0;stroke:#7a8cf0}
.code{stroke:var(--ink)}
.chart rect.code,.legend .code{fill:var(--card);stroke:var(--ink);stroke-width:1.5}
.chart path.code,.code path{stroke-dasharray:3 2}
.refused{fill:var(--stop);stroke:var(--stop)}
.ended{fill:var(--edge);stroke:var(--edge)}
.waiting{fill:var(--warn);stroke:var(--warn)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:.5rem 0 0;padding:0;
font-size:.875rem;color:var(--dim)}
.legend li{display:flex;gap:.375rem;align-items:center}
.legend svg{width:.875rem;height:.875rem}
.hash{overflow-wrap:anywhere}
@media(max-width:64rem){
.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cards,.cards tbody,.cards tr,.cards td,.cards th{display:block}
.cards tr{border-top:1px solid var(--line);padding:.625rem 0}
.cards td,.cards th{border:0;padding:.125rem 0;white-space:normal}
.cards th{color:var(--ink);font-size:1rem}
.card>:first-child .cards tr:first-child{border:0;padding-top:0}
.cards td[data-name]{position:relative;padding-inline-start:7.5rem}
.cards td[data-name]::before{content:attr(data-name);color:var(--dim);position:absolute;inset-inline-start:0;width:7rem}
.cards td:empty{display:none}
.tight tr{display:flex;flex-wrap:wrap;gap:0 .75rem;align-items:baseline}
.tight th[scope=row]{flex:1 1 45%}
.tight td{color:var(--dim)}
.tight td:has(>.fold){margin-inline-start:auto}
.tight th[scope=row]{order:-3}
.tight .is{order:-2}
.tight tr::before{content:"";order:-1;flex:1 1 100%}
}
`;

export const BOARD_STYLE = SOURCE.trim().replaceAll("\n", "");
