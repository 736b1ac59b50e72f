/** A process of its own that writes to a store: `add DIR`, `one DIR ID`, `deny DIR ID`. */
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import { aLogin } from "./logins.ts";

const [task, dataDir = "", id = ""] = Deno.args;
const store = SqliteStore.open(dataDir, task === "add" ? "server" : "command");
const add = (id: string) => {
  const login = aLogin({ id, user: id });
  return store.addLogin(login, () => login);
};

/** Adds logins until killed, and prints the id of each once it was answered. */
async function addForever(lane: number): Promise<void> {
  for (let n = 0;; n++) {
    await add(`${lane}-${n}`);
    await Deno.stdout.write(new TextEncoder().encode(`${lane}-${n}\n`));
  }
}

if (task === "add") await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(addForever));
if (task === "one") await add(id);
if (task === "deny") {
  await store.changeLogins(
    { id },
    (found) => found.map((login) => ({ ...login, state: "denied" })),
  );
}
await store.close();
