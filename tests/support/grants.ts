/** Grants at a real server. */
import { grantService } from "../../lib/core/grant.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import type { FrontEnd } from "./front_ends.ts";
import { aGrant, putting } from "./people.ts";
import { mustRun } from "./process.ts";

/** As if somebody had just had an approval remembered, of who logs in there with its key. */
export async function grant({ server, user, key, service }: FrontEnd): Promise<void> {
  const createdAt = Date.now();
  const given = aGrant({
    id: `g_${crypto.randomUUID().slice(0, 8)}`,
    user: user.name,
    service: grantService(service),
    network: "127.0.0.1/32",
    key: await fingerprintOf(key),
    createdAt,
    expiresAt: createdAt + 600_000,
  });
  const store = SqliteStore.open(server.data, "command");
  try {
    await store.change(putting({ grant: [given] }));
  } finally {
    await store.close();
  }
}

/** As sshd and the server write it. @param key path of the private half */
export async function fingerprintOf(key: string): Promise<string> {
  const { out } = await mustRun(["ssh-keygen", "-lf", `${key}.pub`]);
  return out.split(" ")[1] ?? "";
}
