/** A process of its own that sends one PIN: `URL DATA TO`; prints what became of it. */
import { systemClock } from "../../lib/io/clock.ts";
import { openSealer } from "../../lib/io/sealed.ts";
import { after } from "../../lib/io/timers.ts";
import { T0 } from "./logins.ts";
import { openWecom } from "./wecom_channel.ts";

const [url = "", data = "", to = ""] = Deno.args;
const sealer = await openSealer(data, undefined);
await using notifier = openWecom({ url }, data, { clock: systemClock, sealer, after });
const login = {
  user: "alice",
  host: "web1",
  service: "sshd",
  source: "192.0.2.7",
  requester: null,
  at: T0,
};
const delivery = await notifier.send({ kind: "pin", pin: "123456", ...login, validMs: 60_000 }, to);
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(delivery)}\n`));
