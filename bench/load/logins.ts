/**
 * Whole logins, one after another on 64 lanes: `logins.ts gatehouse|ssh2fa URL SECONDS [TOKEN]`.
 * Prints how many there were in a second.
 */
import { gatehouse } from "./gatehouse.ts";
import { Client } from "./http.ts";

const LANES = 64;

const [kind, address = "", seconds = "", token = ""] = Deno.args;
const url = new URL(address);

/** Create, wait, approve while it waits, collect. */
async function gatehouseLane(lane: number, going: () => boolean): Promise<number> {
  const { create, collect, approve } = gatehouse(token);
  const host = new Client(url, true);
  const person = new Client(url, true);
  let count = 0;
  while (going()) {
    const login = await create(host, `lane${lane}`);
    await Promise.all([collect(host, login), approve(person, login)]);
    count++;
  }
  host.close();
  person.close();
  return count;
}

/** Start, approve, ask; a new connection each, as its client and server do it. */
async function ssh2faLane(lane: number, going: () => boolean): Promise<number> {
  const client = new Client(url, false);
  const post = async (path: string, body: Record<string, string>) => {
    const headers = { "content-type": "application/json" };
    const answer = await client.request("POST", path, headers, JSON.stringify(body));
    return JSON.parse(answer.body);
  };
  let count = 0;
  while (going()) {
    const started = await post("/start_login", { username: `lane${lane}` });
    await client.request("GET", `/approve?token=${started.display_token}`);
    const { status } = await post("/check_status", { token: started.session_token });
    if (status !== "approved") throw new Error(`not approved: ${status}`);
    count++;
  }
  return count;
}

const lane = kind === "gatehouse" ? gatehouseLane : ssh2faLane;
const began = performance.now();
const until = began + Number(seconds) * 1_000;
const counts = await Promise.all(
  Array.from({ length: LANES }, (_, index) => lane(index, () => performance.now() < until)),
);
const total = counts.reduce((sum, count) => sum + count, 0);
const rate = total / (performance.now() - began) * 1_000;
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify({ rate })}\n`));
