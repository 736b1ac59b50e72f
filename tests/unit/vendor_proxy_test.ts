/** Which way a channel's requests go: by the proxy of its settings, or straight, whatever the environment says. */
import assert from "node:assert/strict";
import { VendorNotifier } from "../../lib/io/vendor_notifier.ts";
import { seededRandom } from "../support/fakes.ts";
import { ForwardProxy } from "../support/forward_proxy.ts";
import { HostileServer } from "../support/hostile_server.ts";
import { QuickTime } from "../support/quick_time.ts";
import { TEST_CERT, TEST_KEY } from "../support/tls.ts";
import { TOY_REQUEST, toyCase, toyChannel, toyDialect, ToyVendor } from "../support/toy_channel.ts";
import { VendorServer } from "../support/vendors/server.ts";

const ACCOUNT = { user: "gate", password: "p@ss:w/rd" };

async function sendBy(proxy: string | null, url: string) {
  const time = new QuickTime();
  await using notifier = VendorNotifier.open({ ...toyChannel(toyDialect(url)), proxy }, {
    clock: time.clock,
    random: seededRandom(1),
    after: time.after,
    tokens: { get: () => Promise.reject(new Error("there is no token")) },
    log: () => {},
  });
  const delivery = await notifier.send(TOY_REQUEST, "alice");
  const said = JSON.stringify(delivery);
  assert.ok(!said.includes(ACCOUNT.password) && !said.includes("p%40ss") && !said.includes("127"));
  return delivery;
}

function addressOf({ host }: ForwardProxy, { user, password } = ACCOUNT): string {
  return `http://${user}:${encodeURIComponent(password)}@${host}`;
}

Deno.test("requests go by the proxy of the settings, with its password", async () => {
  const vendor = new ToyVendor();
  await using server = new VendorServer(new QuickTime().clock, [toyCase(vendor)]);
  await using proxy = new ForwardProxy(ACCOUNT);
  const { url } = server.served("toy");
  assert.ok((await sendBy(addressOf(proxy), url)).ok);
  assert.match(proxy.asked.join(), new RegExp(`^POST ${url}/send\\?key=\\S+ HTTP/1.1$`));
  assert.equal(vendor.taken.length, 1);
});

Deno.test("of what is encrypted the proxy sees the vendor's name alone", async () => {
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: TEST_CERT,
    key: TEST_KEY,
  });
  const handshake = (async () => {
    const connection = await listener.accept();
    await connection.handshake().catch(() => {});
    connection.close();
  })();
  await using proxy = new ForwardProxy(ACCOUNT);
  const { port } = listener.addr;
  const delivery = await sendBy(addressOf(proxy), `https://127.0.0.1:${port}`);
  assert.deepEqual(proxy.asked, [`CONNECT 127.0.0.1:${port} HTTP/1.1`]);
  // Nobody vouches for the test's certificate.
  assert.ok(!delivery.ok && delivery.why === "unusable" && !delivery.mayArrive);
  assert.match(delivery.detail, /certificate that is not trusted/);
  await handshake;
  listener.close();
});

Deno.test("a proxy that refuses the password is told apart, and so is one that is gone", async () => {
  const proxy = new ForwardProxy(ACCOUNT);
  const wrong = addressOf(proxy, { user: "gate", password: "p%40ss" });
  const refused = await sendBy(wrong, "https://vendor.invalid");
  assert.ok(!refused.ok && refused.why === "settings" && !refused.mayArrive);
  assert.match(refused.hint, /user and password in proxy/);
  assert.equal(proxy.asked.length, 1);
  await proxy[Symbol.asyncDispose]();
  const gone = await sendBy(addressOf(proxy), "https://vendor.invalid");
  assert.ok(!gone.ok && gone.why === "unavailable");
  assert.match(gone.hint, /check proxy/);
});

Deno.test("the environment's proxies and authorities are not looked at", async () => {
  await using environment = new HostileServer();
  const vendor = new ToyVendor();
  await using server = new VendorServer(new QuickTime().clock, [toyCase(vendor)]);
  await using proxy = new ForwardProxy();
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
  const env = Object.fromEntries(
    names.flatMap((name) => [[name, environment.url], [name.toLowerCase(), environment.url]]),
  );
  const { url } = server.served("toy");
  const address = `http://${proxy.host}`;
  await inProcess([url], env);
  assert.deepEqual([environment.connections, proxy.asked.length], [0, 0]);
  await inProcess([url, address], { ...env, NO_PROXY: "*", no_proxy: "127.0.0.1" });
  assert.deepEqual([environment.connections, proxy.asked.length], [0, 1]);
  assert.equal(vendor.taken.length, 2);
});

async function inProcess(args: readonly string[], env: Record<string, string>): Promise<void> {
  const script = new URL("../support/toy_sender.ts", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--no-lock", script, ...args],
    env,
    stdin: "null",
    stderr: "inherit",
  }).output();
  assert.match(new TextDecoder().decode(stdout), /"ok":true/);
}
