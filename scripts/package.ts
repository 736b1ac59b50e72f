/**
 * `deno task package`: what people download, in dist/: a Debian package, an archive for all other
 * distributions, the bill of materials of both, and their sums. The same commit gives the same bytes.
 */
import { VERSION } from "../lib/core/version.ts";
import { Exit, Failure } from "../lib/core/errors.ts";
import { build, isUpToDate, OUTPUT } from "./build.ts";
import { buildDeb, type Release } from "./package_deb.ts";
import { documents, installer, layOut, type Part } from "./package_files.ts";
import { bundledPackages, licencesOf, programHashes, sha256 } from "./package_parts.ts";
import { licenceNotices, sbom } from "./package_sbom.ts";
import { pamModuleBeside } from "./pam_module.ts";
import { exists, ROOT, runQuietly } from "./run.ts";
import { dim, say, script } from "./say.ts";
import { requirePinnedDeno } from "./toolchain.ts";

const BESIDE = OUTPUT.slice(0, OUTPUT.lastIndexOf("/"));

/** @param folder where they go @returns their paths, SHA256SUMS among them */
export async function buildPackages(release: Release, folder: string): Promise<string[]> {
  const work = await Deno.makeTempDir({ prefix: "gatehouse-package-" });
  try {
    const bill = `${folder}/gatehouse-${release.version}.cdx.json`;
    await Deno.writeTextFile(bill, release.sbom);
    const made = [
      ...await Promise.all([
        buildDeb(release, work, folder),
        buildArchive(release, work, folder),
      ]),
      bill,
    ];
    const list = `${folder}/SHA256SUMS`;
    await Deno.writeTextFile(list, await sums(made));
    return [...made, list];
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** As sha256sum writes and checks them, in the order of their names. */
async function sums(paths: readonly string[], below?: string): Promise<string> {
  const lines = await Promise.all(paths.map(async (path) => {
    const name = path.slice(below === undefined ? path.lastIndexOf("/") + 1 : below.length + 1);
    return { name, sum: await sha256(await Deno.readFile(path)) };
  }));
  return lines.toSorted((a, b) => a.name < b.name ? -1 : 1)
    .map(({ name, sum }) => `${sum}  ${name}\n`).join("");
}

async function buildArchive(release: Release, work: string, folder: string): Promise<string> {
  const name = `gatehouse-${release.version}`;
  const tree = `${work}/${name}`;
  const parts: Part[] = [
    { from: release.program, to: "gatehouse", executable: true },
    { from: release.module, to: "pam_gatehouse.so" },
    ...await installer("."),
    ...await documents("."),
    { from: `${ROOT}/LICENSE`, to: "LICENSE" },
    { from: `${ROOT}/share/man/gatehouse.1`, to: "share/man/gatehouse.1" },
    { to: "gatehouse.cdx.json", text: release.sbom },
    { to: "licences.txt", text: release.licences },
  ];
  await layOut(tree, parts, release.epoch);
  // For install.sh, which installs nothing that differs; and for sha256sum -c.
  const text = await sums(parts.map(({ to }) => `${tree}/${to.replace(/^\.\//, "")}`), tree);
  await layOut(tree, [{ to: "SHA256SUMS", text }], release.epoch);
  const archive = `${folder}/${name}-linux-${Deno.build.arch}.tar.gz`;
  await runQuietly(
    [
      ...["tar", "--create", "--directory", work, "--format=ustar", "--sort=name"],
      ...["--owner=0", "--group=0", "--numeric-owner", `--mtime=@${release.epoch}`],
      ...["--use-compress-program=gzip -6 --no-name", "--file", archive, name],
    ],
    "tar failed",
  );
  return archive;
}

/** @throws Failure where neither git nor SOURCE_DATE_EPOCH says how old this is */
async function lastCommit(): Promise<number> {
  const given = Deno.env.get("SOURCE_DATE_EPOCH");
  const text = given ?? await runQuietly(
    ["git", "log", "-1", "--format=%ct"],
    "this is no git checkout, so its age is not known",
    "set SOURCE_DATE_EPOCH to the time of its version, in seconds since 1970",
  );
  const epoch = Number(text);
  if (Number.isSafeInteger(epoch) && epoch > 0) return epoch;
  throw new Failure(Exit.usage, "SOURCE_DATE_EPOCH is no number of seconds", "see: date +%s");
}

/** What is packaged: the executable that lies in dist/, and what is known of it. */
export async function release(): Promise<Release> {
  const module = pamModuleBeside(OUTPUT);
  const [packages, epoch, hashes] = await Promise.all([
    bundledPackages(),
    lastCommit(),
    programHashes(OUTPUT),
  ]);
  const licences = await licencesOf(packages);
  const named = licences.flatMap(({ key, licence }) =>
    licence === undefined ? [] : [[key, licence] as const]
  );
  const facts = { version: VERSION, epoch, packages, licences: new Map(named), ...hashes };
  return {
    program: OUTPUT,
    module,
    version: VERSION,
    epoch,
    sbom: await sbom(facts),
    licences: licenceNotices(licences),
  };
}

if (import.meta.main) {
  await script(async () => {
    requirePinnedDeno("package");
    if (!await isUpToDate(OUTPUT)) await build({ target: Deno.build.target, output: OUTPUT });
    if (!await exists(pamModuleBeside(OUTPUT))) {
      throw new Failure(
        Exit.config,
        "there is no PAM module to be packaged",
        "apt-get install gcc libpam0g-dev, remove dist/gatehouse, and run this again",
      );
    }
    for (const path of await buildPackages(await release(), BESIDE)) {
      const { size } = await Deno.stat(path);
      say("package", `${path} ${dim(`(${(size / 1e6).toFixed(1)} MB)`)}`);
    }
    return Exit.ok;
  });
}
