/**
 * A server that runs out of file descriptors, and comes back. Run with a low limit on open files
 * (ulimit -n); prints what it saw.
 */
import { Listener } from "../../lib/io/listener.ts";

const say = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
const listener = Listener.open({
  hostname: "127.0.0.1",
  port: 0,
  answer: () => Promise.resolve(new Response("here")),
  onListen: () => {},
  onRestart: () => say("restarted"),
});
const { port } = listener;
const held: Deno.TcpConn[] = [];
// Both ends are in this process, so the limit is reached soon, and accept(2) fails.
for (let full = false; !full;) {
  try {
    held.push(await Deno.connect({ hostname: "127.0.0.1", port }));
  } catch {
    full = true;
  }
}
for (const connection of held) connection.close();
for (let open = true; open;) {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  } catch (error) {
    open = !(error instanceof Deno.errors.ConnectionRefused);
  }
}
say("port closed");
await listener.check();
const response = await fetch(`http://127.0.0.1:${port}/`);
say(await response.text());
await listener.close();
