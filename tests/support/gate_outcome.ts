/** How a login through the gate ends. */
import { deepEqual, equal } from "node:assert/strict";
import { offerOn } from "./gate_offer.ts";
import type { Running } from "./process.ts";
import type { Terminal } from "./terminal.ts";

/** It is the account's own login shell that answers. Ends it. */
export async function expectShell(screen: Terminal): Promise<void> {
  await screen.send('echo he""re $0; exit 3\r');
  await screen.waitFor("here -bash");
  deepEqual(await screen.closed, { code: 3 });
}

export async function expectRefused(
  screen: Terminal,
  words: RegExp | string,
  code = 77,
): Promise<void> {
  await screen.waitFor(words);
  deepEqual(await screen.closed, { code });
}

/** The gate waits for an approval, and nothing has run. Ends it. */
export async function expectAsked(login: Running): Promise<void> {
  await offerOn(login);
  equal(login.outSoFar, "");
  await login.kill();
}
