/** Tells what commands at the terminal have left to be told. */
import { type Errand, errandOf, ERRANDS } from "../lib/core/errand.ts";
import type { Alerts } from "./alerts.ts";
import type { Deps } from "./deps.ts";

export class Errands {
  constructor(
    private readonly deps: Pick<Deps, "log" | "store">,
    private readonly alerts: Pick<Alerts, "ended" | "frozen" | "personFrozen">,
  ) {}

  /** To be called every few seconds. Never rejects. */
  async run(): Promise<void> {
    const { log, store } = this.deps;
    try {
      for (const [name, [at]] of await store.timesUnder(ERRANDS)) {
        const errand = errandOf(name);
        if (errand === undefined || at === undefined) continue;
        await this.#run(errand, at);
        await store.changeTimes(name, () => []);
      }
    } catch {
      log("error", "what commands have left to be told could not be read, trying again");
    }
  }

  /** Of what is gone meanwhile there is nothing to tell. */
  async #run([about, id, by]: Errand, at: number): Promise<void> {
    const { store } = this.deps;
    switch (about) {
      case "freeze": {
        const [freeze] = await store.find("freeze", { id });
        if (freeze !== undefined) this.alerts.frozen(freeze);
        break;
      }
      case "person": {
        const [person] = await store.find("person", { id });
        if (person !== undefined) this.alerts.personFrozen(person, by, at);
        break;
      }
      case "login": {
        const login = await store.login(id);
        if (login !== undefined) this.alerts.ended([login]);
      }
    }
  }
}
