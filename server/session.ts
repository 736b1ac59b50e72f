/** Who is signed in: the browser's cookie, and the session that it stands for. */
import { base64url } from "../lib/core/encoding.ts";
import type { Person } from "../lib/core/person.ts";
import { RECORD_ID_BYTES, recordId } from "../lib/core/record_id.ts";
import {
  isFresh,
  isLive,
  isSeenLongAgo,
  SESSION_BYTES,
  sessionHash,
  signIn,
  signOut,
  useSession,
  type WebSession,
} from "../lib/core/web_session.ts";
import { endedCookie, readSessionCookie, sessionCookie } from "../lib/core/web_session_cookie.ts";
import type { AppConfig, Deps } from "./deps.ts";
import type { Ctx } from "./http.ts";

export interface SignedIn {
  readonly session: WebSession;
  readonly person: Person;
  /** Proven so short a time ago that what is sensitive may be changed. */
  readonly fresh: boolean;
  /** By a recovery code, which is for registering a device: this may do nothing else. */
  readonly recovering: boolean;
}

/** How somebody has just proven who they are. */
export interface Proof {
  /** The person's id. */
  readonly person: string;
  /** The device's id; null after a recovery code. */
  readonly device: string | null;
  readonly via: WebSession["via"];
}

export class Sessions {
  readonly #secure: boolean;

  constructor(
    private readonly deps: Pick<Deps, "clock" | "random" | "store">,
    { publicUrl }: Pick<AppConfig, "publicUrl">,
  ) {
    this.#secure = publicUrl.startsWith("https:");
  }

  /** Undefined: nobody is. @param keeps whether this request keeps the session from idling out */
  async of(c: Ctx, keeps = true): Promise<SignedIn | undefined> {
    const token = this.#token(c);
    if (token === undefined) return undefined;
    const { store } = this.deps;
    const now = this.deps.clock.now();
    const [session] = await store.find("session", { token: sessionHash(token) });
    if (session === undefined || !isLive(session, now)) return undefined;
    const [person] = await store.find("person", { id: session.person });
    if (person?.state !== "active") return undefined;
    if (keeps && isSeenLongAgo(session, now)) await store.change(useSession(session.id, now));
    const recovering = session.via === "recovery_code";
    return { session, person, fresh: isFresh(session, now), recovering };
  }

  /**
   * Begins one in the place of the browser's own. Undefined when the person or the device is not to be
   * used any more; else with it the Set-Cookie header's value.
   */
  async begin(
    c: Ctx,
    { person, device, via }: Proof,
  ): Promise<{ readonly session: WebSession; readonly cookie: string } | undefined> {
    const { clock, random, store } = this.deps;
    const now = clock.now();
    const token = base64url(random.bytes(SESSION_BYTES));
    const session: WebSession = {
      id: recordId("s", random.bytes(RECORD_ID_BYTES)),
      tokenHash: sessionHash(token),
      ...{ person, device, via, createdAt: now, provenAt: now, seenAt: now },
    };
    const before = this.#token(c);
    const begun = await store.change(
      signIn(session, before === undefined ? undefined : sessionHash(before)),
    );
    return begun ? { session, cookie: sessionCookie(token, this.#secure) } : undefined;
  }

  /** Ends the browser's session, if it has one. Returns the Set-Cookie header's value. */
  async end(c: Ctx): Promise<string> {
    const token = this.#token(c);
    if (token !== undefined) {
      const [session] = await this.deps.store.find("session", { token: sessionHash(token) });
      if (session !== undefined) await this.deps.store.change(signOut(session.id));
    }
    return endedCookie(this.#secure);
  }

  #token(c: Ctx): string | undefined {
    return readSessionCookie(c.req.header("cookie") ?? "", this.#secure);
  }
}
