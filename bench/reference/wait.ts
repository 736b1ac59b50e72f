/** The bare runtime that waits for one answer. */
await fetch(Deno.args[0] ?? "");
