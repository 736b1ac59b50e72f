/** What a command did and people are to be told of; the running server does it within seconds. */
import { type Errand, errandName } from "../../core/errand.ts";
import { systemClock } from "../../io/clock.ts";
import type { Store } from "../../ports.ts";

export async function leave(store: Store, errand: Errand): Promise<void> {
  await store.changeTimes(errandName(errand), () => [systemClock.now()]);
}
