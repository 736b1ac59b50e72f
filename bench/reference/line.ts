/** The bare runtime: prints a line, which shows when its program runs. */
Deno.stderr.writeSync(new TextEncoder().encode("open http://127.0.0.1/l/none number 42\n"));
