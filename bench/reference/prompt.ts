/** The bare runtime as the PAM module's helper: asks, and waits until nobody can answer any more. */
Deno.stdout.writeSync(new TextEncoder().encode("PROMPT_ECHO_OFF Verification code: \n"));
const heard = new Uint8Array(1_024);
while (await Deno.stdin.read(heard) !== null);
