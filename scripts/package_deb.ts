/** The Debian package. */
import { copied, documents, gzipped, installer, layOut, type Part } from "./package_files.ts";
import { ROOT, runQuietly } from "./run.ts";

export interface Release {
  /** Paths of the executable and of the PAM module. */
  readonly program: string;
  readonly module: string;
  readonly version: string;
  /** Of the last commit, in seconds: nothing in a package is younger. */
  readonly epoch: number;
  /** The bill of materials, and everybody's licence. */
  readonly sbom: string;
  readonly licences: string;
}

const ARCHITECTURE = "amd64";
const MULTIARCH = "x86_64-linux-gnu";
const DOC = "usr/share/doc/gatehouse";
/** Packages keep out of /usr/local (Debian policy 9.1.2). */
const OURS = "/usr/local/bin/gatehouse";
const PACKAGED = "/usr/bin/gatehouse";

/** @param work an empty folder @returns the package's path, in `folder` */
export async function buildDeb(release: Release, work: string, folder: string): Promise<string> {
  const tree = `${work}/deb`;
  const { version, epoch } = release;
  await layOut(tree, await parts(release), epoch);
  await gzipped(await changelog(release), `${tree}/${DOC}/changelog`);
  await gzipped(
    await Deno.readTextFile(`${ROOT}/share/man/gatehouse.1`),
    await inFolder(`${tree}/usr/share/man/man1`, "gatehouse.1"),
  );
  await control(tree, version);
  // Times once more, for what came behind the others.
  await layOut(tree, [], epoch);
  const deb = `${folder}/gatehouse_${version}_${ARCHITECTURE}.deb`;
  // The levels above the first save a tenth and take ten times as long; threads would change the bytes.
  await runQuietly(
    [
      ...["env", `SOURCE_DATE_EPOCH=${epoch}`, "dpkg-deb", "--root-owner-group"],
      ...["-Zxz", "-z1", "--threads-max=1", "--build", tree, deb],
    ],
    "dpkg-deb failed",
    "apt-get install dpkg",
  );
  return deb;
}

async function inFolder(folder: string, name: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  return `${folder}/${name}`;
}

async function parts(release: Release): Promise<Part[]> {
  const read = async (path: string) => await Deno.readTextFile(`${ROOT}/${path}`);
  const units = await copied("share/systemd", "lib/systemd/system");
  const profile = await read("share/pam-configs/gatehouse");
  return [
    { from: release.program, to: PACKAGED.slice(1), executable: true },
    { from: release.module, to: `lib/${MULTIARCH}/security/pam_gatehouse.so` },
    ...await installer("usr/share/gatehouse"),
    ...await Promise.all(units.map(async (unit) => await rewritten(unit))),
    { from: `${ROOT}/share/sysusers.d/gatehouse.conf`, to: "usr/lib/sysusers.d/gatehouse.conf" },
    // Its `Default: no` is what keeps pam-auth-update from switching the factor on by itself.
    { to: "usr/share/pam-configs/gatehouse", text: withHelper(profile) },
    ...await copied("share/fail2ban", `${DOC}/examples/fail2ban`),
    ...await documents(DOC),
    { to: `${DOC}/gatehouse.cdx.json`, text: release.sbom },
    { to: `${DOC}/licences.txt`, text: release.licences },
    { to: `${DOC}/copyright`, text: await copyright() },
    {
      from: `${ROOT}/share/deb/lintian-overrides`,
      to: "usr/share/lintian/overrides/gatehouse",
    },
  ];
}

async function rewritten(part: Part): Promise<Part> {
  const text = "text" in part ? part.text : await Deno.readTextFile(part.from);
  return { to: part.to, text: text.replaceAll(OURS, PACKAGED) };
}

/** The module takes its helper to be in /usr/local unless its line says otherwise. */
export function withHelper(profile: string): string {
  return profile.replaceAll(/\bpam_gatehouse\.so(?!.*helper=)/g, `$& helper=${PACKAGED}`);
}

async function changelog({ version, epoch }: Release): Promise<string> {
  const control = await Deno.readTextFile(`${ROOT}/share/deb/control`);
  const maintainer = /^Maintainer: (.+)$/m.exec(control)?.[1] ?? "";
  const date = new Date(epoch * 1000).toUTCString().replace("GMT", "+0000");
  return `gatehouse (${version}) unstable; urgency=medium\n\n` +
    `  * Version ${version}.\n\n -- ${maintainer}  ${date}\n`;
}

/** As Debian wants it: its own name for the licence, lines indented, empty ones as a dot. */
async function copyright(): Promise<string> {
  const licence = await Deno.readTextFile(`${ROOT}/LICENSE`);
  const text = licence.slice(licence.indexOf("Permission")).trim()
    .split("\n").map((line) => ` ${line === "" ? "." : line}`).join("\n");
  const frame = await Deno.readTextFile(`${ROOT}/share/deb/copyright`);
  return frame.replace("@LICENCE@", text);
}

async function control(tree: string, version: string): Promise<void> {
  const { kib, sums } = await measured(tree);
  const folder = `${tree}/DEBIAN`;
  await Deno.mkdir(folder);
  const text = (await Deno.readTextFile(`${ROOT}/share/deb/control`))
    .replace("@VERSION@", version).replace("@ARCHITECTURE@", ARCHITECTURE)
    .replace("@SIZE@", String(kib));
  await Deno.writeTextFile(`${folder}/control`, text);
  await Deno.writeTextFile(`${folder}/md5sums`, sums);
  for (const script of ["preinst", "postinst", "prerm", "postrm"]) {
    await Deno.copyFile(`${ROOT}/share/deb/${script}`, `${folder}/${script}`);
    await Deno.chmod(`${folder}/${script}`, 0o755);
  }
}

/** Installed-Size as deb-substvars(5) has it, a KiB for each folder too; and DEBIAN/md5sums. */
async function measured(tree: string): Promise<{ kib: number; sums: string }> {
  const list = await runQuietly(["find", tree, "-printf", "%y %s\\n"], "find failed");
  const kib = list.trim().split("\n").reduce((sum, line) => {
    const [kind, size] = line.split(" ");
    return sum + (kind === "f" ? Math.ceil(Number(size) / 1024) : 1);
  }, 0);
  const sums = await runQuietly(
    [
      "sh",
      "-c",
      'cd "$1" && find * -type f | LC_ALL=C sort | tr "\\n" "\\0" | xargs -0 md5sum',
      "sh",
      tree,
    ],
    "md5sum failed",
  );
  return { kib, sums };
}
