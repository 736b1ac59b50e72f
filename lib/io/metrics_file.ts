/** A file that another program reads again and again, and never finds half written. */
import { basename, dirname, join } from "node:path";
import { Exit, Failure } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { writeDurably } from "./durable_file.ts";
import { errnoIn } from "./files.ts";

/** @throws Failure (78) */
export async function writeMetrics(path: string, text: string): Promise<void> {
  try {
    await writeDurably(path, new TextEncoder().encode(text), {
      // Not .prom: the collector would read it.
      temporary: join(dirname(path), `.${basename(path)}.new`),
      mode: 0o644,
      place: "replace",
    });
  } catch (error) {
    throw new Failure(
      Exit.config,
      `cannot write ${printable(path)}${errnoIn(error)}`,
      "check that its folder exists, and the free space there",
    );
  }
}
