/** Through the gate, which runs as the account and holds no copy: the server judges the code. */
import { equal, match } from "node:assert/strict";
import { register } from "../support/central_hosts.ts";
import { sharing } from "../support/gate.ts";
import { totp, wrongCode } from "../support/gate_codes.ts";
import { guardedPair, lastLogin, loginIs } from "../support/gate_offer.ts";
import { expectShell } from "../support/gate_outcome.ts";
import { ssh, sshArgv } from "../support/ssh.ts";
import { terminal } from "../support/terminal.ts";

const test = sharing(() => guardedPair([], '[codes]\naccounts = ["*@web1"]\n'));

test("nothing is asked for where no code would be taken; one is, and taken, where it would", async ({ host, server }) => {
  {
    await using screen = terminal(sshArgv(host.target()));
    await screen.waitFor(/^ +number +\d\d$/m);
    equal(/type a code/.test(screen.screen()), false);
  }
  await loginIs(server, "cancelled", lastLogin(server));
  await register(server, host.user.name);
  await using screen = terminal(sshArgv(host.target()));
  await screen.waitFor("or type a code");
  await screen.send(`${wrongCode()}\r`);
  await screen.waitFor("wrong code");
  const code = totp();
  await screen.send(`${code}\r`);
  await screen.waitFor(/\$$/m);
  await expectShell(screen);
  await loginIs(server, "approved", lastLogin(server));
  // Without a terminal, one that comes along does.
  const sending = (code: string) => ({ options: ["-o", `SetEnv=LC_GATEHOUSE_CODE=${code}`] });
  equal((await ssh(host.target(), "echo in", sending(totp(1))).done).out, "in\n");
  await using again = ssh(host.target(), "echo in", sending(code));
  match(await again.err(/refused: .*$/m), /cannot be used any more/);
});
