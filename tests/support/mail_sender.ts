/** A process of its own, with its own idea of whom to trust: sends one PIN and prints what became of it. */
import { trustSystemRoots } from "../../lib/io/tls_roots.ts";
import { aPin } from "./letters.ts";
import { ALICE, mailNotifier } from "./mail.ts";

trustSystemRoots();
const [settings = ""] = Deno.args;
const delivery = await mailNotifier(JSON.parse(settings)).send(aPin(), ALICE);
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(delivery)));
