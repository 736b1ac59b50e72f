/**
 * The style of all pages, put into each so that a phone needs one request. The countdown runs
 * without script: an integer property is animated and printed by a counter. Browsers that don't know
 * @property have no --tick either, so they show the number as it was when the page was made.
 */
const SOURCE = `
@property --n{syntax:"<integer>";initial-value:0;inherits:false}
@property --tick{syntax:"*";initial-value:tick;inherits:true}
:root{color-scheme:light dark;--bg:#eef1f4;--card:#fff;--ink:#12171f;--dim:#545e6c;--line:#d9dfe6;--edge:#86919e;
--well:#f4f6f8;--go:#0b6e4f;--go-ink:#fff;--go-well:#e2f3ec;--stop:#b3261e;--stop-well:#fbe9e7;
--calm-well:#e9edf2;--warn:#8a5300;--shadow:0 1px 2px #12171f14,0 12px 32px #12171f14}
@media(prefers-color-scheme:dark){:root{--bg:#0b0e13;--card:#151a22;--ink:#eef2f7;--dim:#9eabbb;
--line:#2a323e;--edge:#6b7684;--well:#0f141b;--go:#42d9a0;--go-ink:#03170f;--go-well:#0f2f25;--stop:#ff9087;
--stop-well:#3a1a19;--calm-well:#222a35;--warn:#f0b35a;--shadow:none}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
:lang(zh){text-autospace:normal}
body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;
align-items:center;gap:.875rem;
padding:max(.75rem,env(safe-area-inset-top)) 1rem max(1.25rem,env(safe-area-inset-bottom));
background:var(--bg);color:var(--ink);
font:1rem/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"PingFang SC","Noto Sans CJK SC",
"Microsoft YaHei",sans-serif}
main{width:100%;max-width:27rem}
.brand{display:flex;align-items:center;gap:.5rem;color:var(--dim);font-weight:600;
letter-spacing:.02em;font-size:.9375rem}
.brand svg{width:1.25rem;height:1.25rem}
.card{background:var(--card);border-radius:1.25rem;padding:1.25rem;box-shadow:var(--shadow)}
h1,h2{overflow-wrap:anywhere;margin:0;font-size:1.25rem;line-height:1.25;letter-spacing:-.01em;text-wrap:balance}
p{margin:.5rem 0 0;text-wrap:pretty;overflow-wrap:break-word}
code,.who,.number{font-family:ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,
"DejaVu Sans Mono",monospace}
.who{margin:.375rem 0 0;font-size:1.5rem;font-weight:700;line-height:1.25;letter-spacing:-.02em;overflow-wrap:anywhere}
.who span{color:var(--dim);font-weight:400}
dl{margin:.875rem 0 0;display:grid;grid-template-columns:max-content minmax(0,1fr);
gap:.375rem .875rem;font-size:.9375rem}
dt{color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere}
dd.wide{grid-column:1/-1}
code{font-size:.875rem}
.box{display:block;margin:0;padding:.625rem .75rem;background:var(--well);
border:1px solid var(--line);border-radius:.75rem;white-space:pre-wrap;overflow-wrap:anywhere;
max-height:13rem;overflow:auto}
.box+.box,.box+.note,.note+.box,details{margin-top:.375rem}
summary{cursor:pointer;color:var(--go);font-weight:600;font-size:.9375rem;list-style:none}
summary::-webkit-details-marker{display:none}
summary .box{color:var(--ink);font-weight:400;margin-bottom:.375rem}
[open] summary{display:none}
details .box{max-height:none}
.note{color:var(--dim);font-size:.875rem;margin:.25rem 0 0}
.cut{color:var(--warn)}
.clock{display:flex;align-items:center;gap:.75rem;margin:1rem 0;color:var(--dim);
font-size:.875rem;font-variant-numeric:tabular-nums;white-space:nowrap}
.clock b{color:var(--ink);font-weight:600}
.seconds::before{--n:var(--left);counter-reset:n var(--n);content:counter(n);
animation:var(--tick,none) calc(var(--left)*1s) linear forwards}
.bar{flex:1;height:.375rem;border-radius:1rem;background:var(--calm-well);overflow:hidden}
.bar::before{content:"";display:block;height:100%;border-radius:inherit;background:var(--go);
transform-origin:0 0;animation:drain calc(var(--left)*1s) linear forwards}
.stage{display:grid}
.stage>*{grid-area:1/1;min-width:0}
.live{animation:away 0s linear calc(var(--left)*1s) forwards}
.over{visibility:hidden;padding:1.25rem 0;text-align:center;
animation:back 0s linear calc(var(--left)*1s) forwards}
form{display:grid;grid-template-columns:minmax(0,1fr);gap:.625rem}
form+form{margin-top:.625rem}
fieldset{border:0;margin:0 0 .25rem;padding:0;min-width:0;display:grid;
grid-template-columns:repeat(3,minmax(0,1fr));gap:.625rem}
legend{padding:0;margin:0 0 .625rem;font-weight:600;overflow-wrap:anywhere}
.choice{position:relative;display:block}
.choice input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:pointer}
.number{display:grid;place-items:center;min-height:4.25rem;border:2px solid var(--edge);
border-radius:1rem;background:var(--well);font-size:1.875rem;font-weight:600;
letter-spacing:.04em;font-variant-numeric:tabular-nums}
.choice input:hover+.number{border-color:var(--ink)}
.choice input:checked+.number{border-color:var(--go);background:var(--go-well);
box-shadow:inset 0 0 0 1px var(--go)}
:focus-visible,.choice input:focus-visible+.number{outline:3px solid var(--go);outline-offset:2px}
button{font:inherit;font-weight:600;min-height:3.25rem;padding:.5rem 1rem;border-radius:1rem;
border:2px solid transparent;cursor:pointer;-webkit-tap-highlight-color:transparent;
touch-action:manipulation}
.go{background:var(--go);color:var(--go-ink);font-size:1.125rem;min-height:3.75rem}
.pair{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:.625rem;overflow-wrap:anywhere}
.no{background:transparent;border-color:var(--edge);color:var(--ink)}
.alarm{background:var(--stop-well);color:var(--stop)}
button:hover{filter:brightness(.96)}
button:active{transform:translateY(1px)}
.result{text-align:center;padding-top:1.75rem}
.result dl{text-align:start;padding-top:.875rem;border-top:1px solid var(--line)}
.result h1{font-size:1.75rem;margin-top:.875rem}
.result .who{margin-top:1.25rem;font-size:1.25rem}
.result .next+.who{margin-top:1rem}
.result dl+p{margin-top:1rem}
.result p:not(.who){color:var(--dim)}
.badge{display:grid;place-items:center;width:5.5rem;height:5.5rem;margin:0 auto;border-radius:50%}
.badge svg{width:3rem;height:3rem}
.good{background:var(--go-well);color:var(--go)}
.bad{background:var(--stop-well);color:var(--stop)}
.calm{background:var(--calm-well);color:var(--dim)}
.next{margin-top:1rem;padding:.875rem 1rem;border-radius:1rem;background:var(--calm-well);
text-align:start}
.result .next p:not(.who){margin:0 0 .25rem;color:var(--ink)}
a{color:var(--go);font-weight:600}
:where(main p:not(.note),th)>a{padding-block:.25rem}
@keyframes tick{from{--n:var(--left)}to{--n:0}}
@keyframes drain{from{transform:scaleX(var(--part))}to{transform:scaleX(0)}}
@keyframes away{to{visibility:hidden;height:0;overflow:hidden}}
@keyframes back{to{visibility:visible}}
@media(min-width:40rem) and (min-height:46rem){body{justify-content:center;padding-bottom:8vh}
.card{padding:1.75rem}}
@media(prefers-reduced-motion:reduce){button:active{transform:none}}
@media(forced-colors:active){.card,.number,button{border:2px solid}
.choice input:checked+.number{outline:4px solid Highlight}}
`;

export const STYLE = SOURCE.trim().replaceAll("\n", "");
