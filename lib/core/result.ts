/** What a reader makes of a text: the value, or what is wrong with it and where, never its content. */
export type Read<T> = { ok: true; value: T } | { ok: false; fault: string };
