/** Whether somebody is left who can do what administrators do on the server's pages. */
import { isUsable, signsIn } from "../../core/device.ts";
import type { Person } from "../../core/person.ts";
import { everyone, quoted } from "./person_lookup.ts";
import type { Out } from "../../io/out.ts";
import type { Store } from "../../ports.ts";

export function isActing({ administrator, state }: Person): boolean {
  return administrator && state === "active";
}

/** Called when an administrator has lost something. */
export async function warnOfAdministrators(store: Store, out: Out): Promise<void> {
  const acting = (await everyone(store)).filter(isActing);
  const [first] = acting;
  if (first === undefined) {
    return out.error("nobody is an administrator now; see: gatehouse person change --help");
  }
  for (const { id } of acting) {
    const devices = await store.find("device", { person: id });
    if (devices.some((device) => isUsable(device) && signsIn(device))) return;
  }
  out.error(
    "no administrator who is left has a device to sign in with; " +
      `for a link run: gatehouse person invite ${quoted(first.name)}`,
  );
}
