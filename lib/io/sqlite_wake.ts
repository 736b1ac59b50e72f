/** The file `wake`: commands touch it after a change, the server watches it. */
import { join } from "node:path";
import { cannotOpen, makePrivateFile } from "./private_files.ts";

export class WakeFile {
  readonly #path: string;
  #watcher: Deno.FsWatcher | undefined;
  #watching = Promise.resolve();

  /** Makes it when there is none. @throws Failure (78) */
  constructor(dataDir: string) {
    this.#path = join(dataDir, "wake");
    makePrivateFile(this.#path);
  }

  /** Calls `touched` until it is closed. @throws Failure (78) */
  watch(touched: () => void): void {
    try {
      this.#watcher = Deno.watchFs(this.#path);
    } catch (error) {
      throw cannotOpen(this.#path, error);
    }
    const watcher = this.#watcher;
    this.#watching = (async () => {
      for await (const _ of watcher) touched();
    })();
  }

  /** After the commit. Where this fails, the server finds the change at the end of a long poll. */
  async touch(): Promise<void> {
    const now = new Date();
    await Deno.utime(this.#path, now, now).catch(() => {});
  }

  async close(): Promise<void> {
    this.#watcher?.close();
    await this.#watching;
  }
}
