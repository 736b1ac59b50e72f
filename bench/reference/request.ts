/** The bare runtime and the one request that a gate makes before it can show a link. */
const [server = "", token = "", user = ""] = Deno.args;
const response = await fetch(`${server}/api/v1/logins`, {
  method: "POST",
  headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  body: JSON.stringify({
    user,
    service: "sshd",
    source: "127.0.0.1",
    tty: false,
    nonce: "n".repeat(43),
    timeout: 1,
  }),
});
const { url, match }: { url: string; match: string } = await response.json();
Deno.stderr.writeSync(new TextEncoder().encode(`open ${url} number ${match}\n`));
