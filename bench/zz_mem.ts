import { OnTerminal } from "./pty.ts";
import { Sample } from "./figures.ts";
const [config, n, settle, ...bins] = Deno.args;
for (const bin of bins) {
  const s = new Sample(), anon = new Sample();
  const all: OnTerminal[] = [];
  for (let i = 0; i < Number(n); i++) {
    const p = new OnTerminal([bin, "gate", "--config", config], { SSH_CONNECTION: "127.0.0.1 50000 127.0.0.1 22", SSH_ORIGINAL_COMMAND: "true", TERM: "xterm" });
    await p.shown(/https?:/); all.push(p);
  }
  await new Promise((r) => setTimeout(r, Number(settle)));
  for (const p of all) {
    const t = Deno.readTextFileSync(`/proc/${p.pid}/smaps_rollup`);
    s.add(Number(/^Pss:\s+(\d+)/m.exec(t)![1]) * 1.024 / 1e3); anon.add(Number(/^Pss_Anon:\s+(\d+)/m.exec(t)![1]) * 1.024 / 1e3);
  }
  await Promise.all(all.map((p) => p.kill("SIGTERM")));
  console.log(bin, s.in("MB"), "anon", anon.in("MB"));
}
