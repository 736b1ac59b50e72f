/** Reads what is somewhere in a value of unknown shape. */

export type Path = readonly string[];

export function at(value: unknown, ...path: Path): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined,
    value,
  );
}

/** "" where there is no text. */
export function string(value: unknown, ...path: Path): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

/** Empty where there is no list. */
export function list(value: unknown, ...path: Path): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}
