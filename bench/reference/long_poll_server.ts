/** The other end of bare long polls: /approve answers every /wait with its token, from memory. */
const logins = new Map<string, PromiseWithResolvers<void>>();
let waiting = 0;

function login(token: string): PromiseWithResolvers<void> {
  const known = logins.get(token) ?? Promise.withResolvers<void>();
  logins.set(token, known);
  return known;
}

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) =>
    Deno.stdout.writeSync(new TextEncoder().encode(`listening 127.0.0.1:${port}\n`)),
}, async (request) => {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/metrics") return new Response(`polls_waiting ${waiting}\n`);
  const { promise, resolve } = login(searchParams.get("token") ?? "");
  if (pathname === "/approve") {
    resolve();
  } else {
    waiting++;
    await promise;
  }
  return new Response("approved");
});
