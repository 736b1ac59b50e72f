/** The bill of materials: every package that is bundled, as CycloneDX 1.6 wants it. */
import assert from "node:assert/strict";
import * as v from "valibot";
import { bundledPackages } from "../../scripts/package_parts.ts";
import {
  bundled,
  licenceNotices,
  type Lock,
  parseLock,
  sbom,
  type SbomFacts,
} from "../../scripts/package_sbom.ts";
import { ROOT } from "../../scripts/run.ts";

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const hash = v.variant("alg", [
  v.strictObject({ alg: v.literal("SHA-256"), content: sha256 }),
  v.strictObject({
    alg: v.literal("SHA-512"),
    content: v.pipe(v.string(), v.regex(/^[0-9a-f]{128}$/)),
  }),
]);
const licences = v.pipe(
  v.array(v.union([
    v.strictObject({ license: v.strictObject({ id: v.pipe(v.string(), v.minLength(1)) }) }),
    v.strictObject({ expression: v.pipe(v.string(), v.regex(/ (OR|AND|WITH) /)) }),
  ])),
  // An expression stands alone (cyclonedx.org, licenseChoice).
  v.length(1),
);
const component = (type: string) =>
  v.strictObject({
    type: v.literal(type),
    "bom-ref": v.pipe(v.string(), v.minLength(1)),
    group: v.optional(v.pipe(v.string(), v.startsWith("@"))),
    name: v.pipe(v.string(), v.minLength(1)),
    version: v.pipe(v.string(), v.regex(/^[0-9]+\.[0-9]+\.[0-9]+/)),
    description: v.optional(v.string()),
    purl: v.pipe(v.string(), v.regex(/^pkg:(npm|generic)\/[A-Za-z0-9%._/-]+@[0-9A-Za-z.+-]+$/)),
    licenses: v.optional(licences),
    hashes: v.pipe(v.array(hash), v.length(1)),
  });

/** Of the official schema what we use, and nothing else. */
const Bom = v.strictObject({
  bomFormat: v.literal("CycloneDX"),
  specVersion: v.literal("1.6"),
  serialNumber: v.pipe(
    v.string(),
    v.regex(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  ),
  version: v.literal(1),
  metadata: v.strictObject({
    timestamp: v.pipe(v.string(), v.isoTimestamp()),
    component: component("application"),
  }),
  components: v.array(v.union([component("library"), component("platform")])),
  dependencies: v.array(
    v.strictObject({
      ref: v.string(),
      dependsOn: v.pipe(v.array(v.string()), v.checkItems(unique)),
    }),
  ),
});

function unique<T>(item: T, index: number, all: readonly T[]): boolean {
  return all.indexOf(item) === index;
}

const lock = parseLock(await Deno.readTextFile(`${ROOT}/deno.lock`));
const packages = await bundledPackages();
const facts: SbomFacts = {
  version: "1.2.3",
  epoch: 1_700_000_000,
  packages,
  licences: new Map([["hono@4.13.19", "MIT"], ["uqr@0.1.3", "(MIT OR CC0-1.0)"]]),
  programSha256: "a".repeat(64),
  runtimeSha256: "b".repeat(64),
};
const text = await sbom(facts);
const bom = v.parse(Bom, JSON.parse(text));

Deno.test("sbom() names every reference once, and every dependency is there", () => {
  const refs = ["gatehouse", ...bom.components.map((one) => one["bom-ref"])];
  assert.deepEqual(refs.filter((ref, index) => refs.indexOf(ref) !== index), []);
  assert.deepEqual(bom.dependencies.map(({ ref }) => ref).toSorted(), refs.toSorted());
  const lost = bom.dependencies.flatMap(({ dependsOn }) => dependsOn)
    .filter((ref) => !refs.includes(ref));
  assert.deepEqual(lost, []);
});

Deno.test("sbom() has what deno.lock says of each package", () => {
  assert.ok(packages.length > 40, String(packages.length));
  for (const { "bom-ref": ref, hashes: [hash], purl } of bom.components) {
    if (ref === "deno") continue;
    const integrity = lock.npm[ref]?.integrity ?? "";
    assert.equal(hash?.content, Uint8Array.fromBase64(integrity.slice(7)).toHex());
    assert.ok(purl.startsWith("pkg:npm/"), purl);
  }
});

Deno.test("sbom() holds what the program needs at the server, on hosts and in browsers, and no tool of ours", () => {
  const names = new Set(packages.map(({ name }) => name));
  for (const name of ["hono", "jose", "commander", "@simplewebauthn/browser", "smol-toml"]) {
    assert.ok(names.has(name), name);
  }
  for (const name of ["fast-check", "playwright-core", "axe-core", "smtp-server", "mailparser"]) {
    assert.ok(!names.has(name), name);
  }
});

Deno.test("sbom() escapes scopes in addresses and keeps several licences together", () => {
  const find = (ref: string) => bom.components.find((one) => one["bom-ref"] === ref);
  const scoped = find("@hexagon/base64@2.0.4");
  assert.equal(scoped?.purl, "pkg:npm/%40hexagon/base64@2.0.4");
  assert.deepEqual([scoped?.group, scoped?.name], ["@hexagon", "base64"]);
  assert.deepEqual(find("hono@4.13.19")?.licenses, [{ license: { id: "MIT" } }]);
  assert.deepEqual(find("uqr@0.1.3")?.licenses, [{ expression: "MIT OR CC0-1.0" }]);
});

Deno.test("sbom() is the same for the same facts, and another for others", async () => {
  assert.equal(await sbom(facts), text);
  const other = v.parse(Bom, JSON.parse(await sbom({ ...facts, version: "1.2.4" })));
  assert.notEqual(other.serialNumber, bom.serialNumber);
});

Deno.test("sbom() says nothing of where packages are fetched from", () => {
  assert.doesNotMatch(text, /https?:|registry|\.org|\.com/);
});

const INTEGRITY = `sha512-${"A".repeat(86)}==`;
const SMALL: Lock = {
  version: "5",
  npm: {
    "a@1.0.0": { integrity: INTEGRITY, dependencies: ["b", "@s/c@2.0.0"], optionalPeers: [] },
    "b@3.0.0_a@1.0.0": { integrity: INTEGRITY, dependencies: ["a"], optionalPeers: [] },
    "@s/c@1.0.0": { integrity: INTEGRITY, dependencies: [], optionalPeers: [] },
    "@s/c@2.0.0": { integrity: INTEGRITY, dependencies: [], optionalPeers: [] },
    "unused@1.0.0": { integrity: INTEGRITY, dependencies: [], optionalPeers: [] },
  },
};

Deno.test("bundled() follows dependencies, in circles too, and takes the version that is meant", () => {
  const found = bundled(SMALL, ["a@1.0.0"]);
  assert.deepEqual(found.map(({ key }) => key), ["@s/c@2.0.0", "a@1.0.0", "b@3.0.0_a@1.0.0"]);
  assert.deepEqual(found.map(({ version }) => version), ["2.0.0", "1.0.0", "3.0.0"]);
  assert.deepEqual(found[1]?.dependencies, ["b@3.0.0_a@1.0.0", "@s/c@2.0.0"]);
});

Deno.test("bundled() refuses a package that deno.lock does not have", () => {
  assert.throws(() => bundled(SMALL, ["b@1.0.0"]), /deno.lock has no b@1.0.0/);
});

Deno.test("parseLock() refuses another version of the file, and a package without its hash", () => {
  assert.throws(() => parseLock(`{"version": "6", "npm": {}}`));
  assert.throws(() =>
    parseLock(`{"version": "5", "npm": {"a@1.0.0": {"integrity": "sha1-AAAA"}}}`)
  );
});

Deno.test("licenceNotices() has everybody's text, and says where there is none", () => {
  const notices = licenceNotices([
    { key: "a@1.0.0_b@2.0.0", licence: "MIT", text: "Copyright A\n" },
    { key: "b@2.0.0", licence: undefined, text: undefined },
  ]);
  assert.match(notices, /^a@1\.0\.0 \(MIT\)\n\nCopyright A$/m);
  assert.match(notices, /^b@2\.0\.0 \(no licence named\)\n\nIt brings no file/m);
});
