/**
 * Where an account's logins come from when a person approves them: a network and an SSH key. Whoever
 * comes from there again is asked about although the account is quiet: else strangers' requests could
 * keep its owner out.
 */
import { networkOf } from "./cidr.ts";
import type { Login } from "./login.ts";

export interface Place {
  /** One text for one account, network and key. */
  readonly id: string;
  readonly user: string;
  /** When a person approved a login from there, the last time. */
  readonly at: number;
}

/** It is known for so long after an approval. */
export const PLACE_KEPT_MS = 30 * 24 * 3_600_000;

type From = Pick<Login, "user" | "host"> & Partial<Pick<Login, "source" | "key">>;

/** Undefined where nothing tells it from others: no key is known. */
export function placeId({ user, host, source, key }: From): string | undefined {
  if (source === undefined || key === undefined || key === null || key === "") return undefined;
  return JSON.stringify([user, host, networkOf(source), key]);
}

/** Where to look for it. */
export function wherePlace(login: From): { readonly id: string }[] {
  const id = placeId(login);
  return id === undefined ? [] : [{ id }];
}

/** The place of a login that a person has just approved, if it has any. */
export function placeOf(login: From, now: number): Place[] {
  return wherePlace(login).map(({ id }) => ({ id, user: login.user, at: now }));
}

export function isKnown(places: readonly Place[], login: From, now: number): boolean {
  const id = placeId(login);
  return places.some((place) => place.id === id && now < place.at + PLACE_KEPT_MS);
}
