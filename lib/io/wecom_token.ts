/**
 * WeCom's access token, sealed, on the disk of the server: every process takes it from there, for WeCom
 * wants it asked for seldom. The file is read and replaced under flock(2), so that one process at a time
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
import type { Clock, Sealer } from "../ports.ts";
import { writeAll } from "./files.ts";
import { assertPrivate, makePrivateFile } from "./private_files.ts";
import { exchange } from "./vendor_http.ts";

/** A token is given up so long before its end, or a tenth of its life before it if that is less. */
const SPARE_MS = 300_000;
const MAX_FILE = 4_096;
/** What the token is sealed for. */
const ROW = "channel wecom token";

/** What the file holds. */
const Kept = v.object({
  /** The application whose token it is, as a hash. */
  app: v.string(),
  token: v.string(),
  /** Milliseconds since the Unix epoch. */
  good_until: v.number(),
});
type Kept = v.InferOutput<typeof Kept>;
const Token = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,512}$/));

export class WecomTokens {
  readonly #app: string;
  /** What is under way, for all who ask meanwhile. */
  readonly #asking = new Map<string | undefined, Promise<TokenAnswer>>();

  constructor(
    private readonly app: WecomApp,
    private readonly path: string,
    private readonly ports: { readonly clock: Clock; readonly sealer: Sealer },
    private readonly withinMs: number,
  ) {
    this.#app = sha256(JSON.stringify([app.url, app.corpid, app.agentid, app.secret]));
  }

  /**
   * A token that should be good.
   * @param refused one that WeCom would not take: another is got
   * @throws Failure, or what the system says, when the file or the keys cannot be used
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
    const now = this.ports.clock.now();
    const kept = await this.#read(file);
    if (kept?.app === this.#app && kept.token !== refused && now < kept.good_until) {
      return { ok: true, token: kept.token, validMs: kept.good_until - now };
    }
    const answer = await exchange(tokenRequest(this.app), AbortSignal.timeout(this.withinMs));
    if (typeof answer === "string") return unreached(answer);
    const fresh = readToken(answer);
    if (fresh.ok) {
      const { token, validMs } = fresh;
      const good_until = now + validMs - Math.min(SPARE_MS, validMs / 10);
      const sealed = await this.ports.sealer.seal(token, ROW);
      await write(file, { app: this.#app, token: sealed, good_until });
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
      return { ...kept, token: v.parse(Token, await this.ports.sealer.open(kept.token, ROW)) };
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
