/**
 * WeCom's access token, on the disk of the server: every process takes it from there, for WeCom wants
 * it asked for seldom. The file is read and replaced under flock(2), so that one process at a time
 * asks for a new one and the others find it when their turn comes.
 */
import * as v from "valibot";
import { sha256 } from "../core/hash.ts";
import {
  readToken,
  type TokenAnswer,
  tokenRequest,
  unreached,
  type WecomApp,
} from "../core/wecom.ts";
import type { Clock } from "../ports.ts";
import { writeAll } from "./files.ts";
import { assertPrivate, makePrivateFile } from "./private_files.ts";
import { exchange } from "./vendor_http.ts";

/** A token is given up so long before its end, or a tenth of its life before it if that is less. */
const SPARE_MS = 300_000;
const MAX_FILE = 4_096;

/** What the file holds. */
const Kept = v.object({
  /** The application whose token it is, as a hash. */
  app: v.string(),
  token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,512}$/)),
  /** Milliseconds since the Unix epoch. */
  good_until: v.number(),
});
type Kept = v.InferOutput<typeof Kept>;

export class WecomTokens {
  readonly #app: string;
  /** What is under way, for all who ask meanwhile. */
  readonly #asking = new Map<string | undefined, Promise<TokenAnswer>>();

  constructor(
    private readonly app: WecomApp,
    private readonly path: string,
    private readonly clock: Clock,
    private readonly withinMs: number,
  ) {
    this.#app = sha256(JSON.stringify([app.url, app.corpid, app.agentid, app.secret]));
  }

  /**
   * A token that should be good.
   * @param refused one that WeCom would not take: another is got
   * @throws Failure, or what the system says, when the file cannot be used
   */
  get(refused?: string): Promise<TokenAnswer> {
    const asking = this.#asking.get(refused);
    if (asking !== undefined) return asking;
    const answer = this.#get(refused).finally(() => this.#asking.delete(refused));
    this.#asking.set(refused, answer);
    return answer;
  }

  async #get(refused: string | undefined): Promise<TokenAnswer> {
    makePrivateFile(this.path);
    using file = await Deno.open(this.path, { read: true, write: true });
    assertPrivate(await file.stat(), this.path);
    await file.lock(true); // until the file is closed
    const now = this.clock.now();
    const kept = await read(file);
    if (kept?.app === this.#app && kept.token !== refused && now < kept.good_until) {
      return { ok: true, token: kept.token, validMs: kept.good_until - now };
    }
    const answer = await exchange(tokenRequest(this.app), AbortSignal.timeout(this.withinMs));
    if (typeof answer === "string") return unreached(answer);
    const fresh = readToken(answer);
    if (fresh.ok) {
      const { token, validMs } = fresh;
      const good_until = now + validMs - Math.min(SPARE_MS, validMs / 10);
      await write(file, { app: this.#app, token, good_until });
    }
    return fresh;
  }
}

/** Undefined where there is none, or only half of one: another is got then. */
async function read(file: Deno.FsFile): Promise<Kept | undefined> {
  const bytes = new Uint8Array(MAX_FILE);
  const length = await file.read(bytes) ?? 0;
  try {
    return v.parse(Kept, JSON.parse(new TextDecoder().decode(bytes.subarray(0, length))));
  } catch {
    return undefined;
  }
}

async function write(file: Deno.FsFile, kept: Kept): Promise<void> {
  await file.truncate();
  await file.seek(0, Deno.SeekMode.Start);
  await writeAll(file, new TextEncoder().encode(`${JSON.stringify(kept)}\n`));
}
