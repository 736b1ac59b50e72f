/** Runs main.ts, and says at its end whether it could still start a program. */
globalThis.addEventListener("unload", () => {
  Deno.stdout.writeSync(new TextEncoder().encode(`a program ${starts() ? "starts" : "cannot"}\n`));
});
await import("../../main.ts");

function starts(): boolean {
  try {
    return new Deno.Command("/bin/true").outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}
