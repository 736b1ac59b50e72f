/**
 * Finds what answers an address. Hono's quick router, one regular expression for all addresses, takes
 * no parameter beside a literal, as in /devices/:device/rename and /devices/passkey; for these Hono
 * falls back on one that walks a tree. So literal addresses are kept apart, and come first.
 */
import type { Result, Router } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";

export class LiteralFirstRouter<T> implements Router<T> {
  readonly name = "LiteralFirstRouter";
  readonly #literals = new Set<string>();
  readonly #literal = new RegExpRouter<T>();
  readonly #pattern = new RegExpRouter<T>();

  add(method: string, path: string, handler: T): void {
    const open = path.includes("*");
    const literal = !open && !path.includes("/:");
    if (literal) this.#literals.add(path);
    if (open || literal) this.#literal.add(method, path, handler);
    if (!literal) this.#pattern.add(method, path, handler);
  }

  /**
   * To be called when all are there: else the first login would wait for the regular expressions.
   * @throws UnsupportedPathError when two patterns are too alike
   */
  ready(): void {
    for (const router of [this.#literal, this.#pattern]) router.match("GET", "/");
  }

  match(method: string, path: string): Result<T> {
    return (this.#literals.has(path) ? this.#literal : this.#pattern).match(method, path);
  }
}
