/** A process of its own that sends one PIN: `URL TOKEN_FILE TO`; prints what became of it. */
import { dirname } from "node:path";
import { systemClock } from "../../lib/io/clock.ts";
import { openSealer } from "../../lib/io/sealed.ts";
import { WecomNotifier } from "../../lib/io/wecom_notifier.ts";
import { T0 } from "./logins.ts";
import { AGENTID, CORPID, SECRET } from "./wecom.ts";

const [url = "", tokenFile = "", to = ""] = Deno.args;
const app = { corpid: CORPID, secret: SECRET, agentid: AGENTID } as const;
const notifier = WecomNotifier.open(
  { ...app, url, language: "en", timeZone: "UTC" },
  tokenFile,
  { clock: systemClock, sealer: await openSealer(dirname(tokenFile), undefined) },
);
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
