/**
 * A channel's access token, sealed, on the disk of the server: every process takes it from there, for
 * vendors want it asked for seldom. The file is read and replaced under flock(2), so that one process at
 * a time asks for a new one and the others find it when their turn comes.
 */
import * as v from "valibot";
import { sha256 } from "../core/hash.ts";
import type {
  Refusal,
  TokenAnswer,
  TokenSource,
  VendorAnswer,
  VendorRequest,
} from "../notify/channel.ts";
import type { Clock, Sealer } from "../ports.ts";
import { writeAll } from "./files.ts";
import { assertPrivate, makePrivateFile } from "./private_files.ts";

/** A token is given up so long before its end, or a tenth of its life before it if that is less. */
const SPARE_MS = 300_000;
const MAX_FILE = 16_384;

/** What the file holds. */
const Kept = v.object({
  /** For which settings it was got, as a hash. */
  settings: v.string(),
  token: v.string(),
  /** Milliseconds since the Unix epoch. */
  good_until: v.number(),
});
type Kept = v.InferOutput<typeof Kept>;
const Token = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,4096}$/));

type Ask = (request: VendorRequest) => Promise<VendorAnswer | Refusal>;

export class ChannelToken {
  readonly #path: string;
  readonly #row: string;
  /** What is under way, for all who ask meanwhile. */
  readonly #asking = new Map<string | undefined, Promise<TokenAnswer>>();

  /** @param name of the channel @param data the server's data directory */
  constructor(
    name: string,
    data: string,
    private readonly ports: { readonly clock: Clock; readonly sealer: Sealer },
  ) {
    this.#path = `${data}/channel_${name}_token.json`;
    this.#row = `channel ${name} token`;
  }

  /**
   * A token that should be good.
   * @param refused one that the vendor would not take: another is got
   * @throws Failure, or what the system says, when the file or the keys cannot be used
   */
  get(source: TokenSource, ask: Ask, refused?: string): Promise<TokenAnswer> {
    const asking = this.#asking.get(refused);
    if (asking !== undefined) return asking;
    const answer = this.#get(source, ask, refused).finally(() => this.#asking.delete(refused));
    this.#asking.set(refused, answer);
    return answer;
  }

  async #get(source: TokenSource, ask: Ask, refused: string | undefined): Promise<TokenAnswer> {
    makePrivateFile(this.#path);
    using file = await Deno.open(this.#path, { read: true, write: true });
    assertPrivate(await file.stat(), this.#path);
    await file.lock(true); // until the file is closed
    const now = this.ports.clock.now();
    // All that a token depends on is in what asks for it, but for the time.
    const settings = sha256(JSON.stringify(source.request(0)));
    const kept = await this.#read(file);
    if (kept?.settings === settings && kept.token !== refused && now < kept.good_until) {
      return { ok: true, token: kept.token, validMs: kept.good_until - now };
    }
    const answer = await ask(source.request(now));
    const fresh = "ok" in answer ? answer : source.read(answer);
    if (fresh.ok) {
      const { token, validMs } = fresh;
      const good_until = now + validMs - Math.min(SPARE_MS, validMs / 10);
      const sealed = await this.ports.sealer.seal(token, this.#row);
      await write(file, { settings, token: sealed, good_until });
    }
    return fresh;
  }

  /** Undefined where there is none, half of one, or one whose key is gone: another is got then. */
  async #read(file: Deno.FsFile): Promise<Kept | undefined> {
    const bytes = new Uint8Array(MAX_FILE);
    const length = await file.read(bytes) ?? 0;
    try {
      const text = new TextDecoder().decode(bytes.subarray(0, length));
      const kept = v.parse(Kept, JSON.parse(text));
      const token = await this.ports.sealer.open(kept.token, this.#row);
      return { ...kept, token: v.parse(Token, token) };
    } catch {
      return undefined;
    }
  }
}

/** @param kept its token sealed */
async function write(file: Deno.FsFile, kept: Kept): Promise<void> {
  await file.truncate();
  await file.seek(0, Deno.SeekMode.Start);
  await writeAll(file, new TextEncoder().encode(`${JSON.stringify(kept)}\n`));
}
