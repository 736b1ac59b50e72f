/** The other end of a bare long poll: /approve answers the /wait with the same token, from memory. */
const waiting = new Map<string, PromiseWithResolvers<void>>();

function login(token: string): PromiseWithResolvers<void> {
  const known = waiting.get(token) ?? Promise.withResolvers<void>();
  waiting.set(token, known);
  return known;
}

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) =>
    Deno.stdout.writeSync(new TextEncoder().encode(`listening 127.0.0.1:${port}\n`)),
}, async (request) => {
  const { pathname, searchParams } = new URL(request.url);
  const { promise, resolve } = login(searchParams.get("token") ?? "");
  if (pathname === "/approve") resolve();
  await promise;
  return new Response("approved");
});
