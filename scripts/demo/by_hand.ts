/** The demo for a person with a second terminal: says what to do, then obeys single keys. */
import { bold, dim, print } from "../say.ts";
import type { Stage } from "./stage.ts";

/** Never resolves: Ctrl-C ends the demo. */
export async function playByHand(stage: Stage): Promise<never> {
  const { server, command, invitation, totp } = stage;
  print(`
${bold("1. Register:")} open this link in a browser on this machine. A passkey or an app will do.

    ${bold(invitation)}

${bold("2. Log in:")} paste this into another terminal.

    ${bold(command.join(" "))}

It shows a link, ${server.url}/l/…, and a number. Open the link in that browser, choose the number,
click Approve: the shell starts.

${bold("When the server is down")} a code from your authenticator app lets you in. For the app:

    ${totp.toString()}
`);
  if (Deno.stdin.isTerminal()) {
    print(`Keys: ${bold("d")} stops or starts the server, ${bold("c")} shows the current code.`);
  }
  print(`${bold("Ctrl-C")} ends the demo and removes all of it. What happens shows here:\n`);
  await obeyKeys(stage);
  return await new Promise<never>(() => {});
}

/** Resolves when no more keys can come. */
async function obeyKeys({ server, totp }: Stage): Promise<void> {
  if (!Deno.stdin.isTerminal()) return;
  // cbreak: Ctrl-C still is a signal.
  Deno.stdin.setRaw(true, { cbreak: true });
  for await (const bytes of Deno.stdin.readable) {
    for (const key of new TextDecoder().decode(bytes)) {
      if (key === "c") print(`  the code is ${bold(totp.generate())}`);
      if (key !== "d") continue;
      if (server.running) {
        await server.kill("SIGTERM");
        print(dim("  the server is down: log in with a code, or press d to start it again"));
      } else {
        await server.start();
      }
    }
  }
}
