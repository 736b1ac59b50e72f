/**
 * The test vectors of Web Authentication Level 3, section 16, for https://example.org. Challenges,
 * ids and makes are derived there by HKDF-SHA-256, and so they are here; the rest is as published, but
 * for the certificates of 16.10 and 16.11, which are left out.
 */
import { base64url } from "../../lib/core/encoding.ts";

interface Published {
  /** The section. */
  readonly section: string;
  /** `info` of HKDF. */
  readonly info: string;
  /** Salts of HKDF. */
  readonly salts: { readonly aaguid: number; readonly id: number; readonly signIn: number };
  readonly idBytes?: number;
  /** What follows the challenge in clientDataJSON: of the registration, of the assertion. */
  readonly client: readonly [string, string];
  /** Hex: everything before the authenticator data, with its length. */
  readonly statement: string;
  /** Hex, of the registration. */
  readonly flags: string;
  /** Hex, COSE. */
  readonly key: string;
  /** Hex, of the assertion. */
  readonly signInFlags: string;
  /** Hex. */
  readonly signature: string;
}

/** What a browser would send, as JSON text, and the challenge it is for. */
export interface Vector {
  readonly section: string;
  readonly registration: { readonly challenge: string; readonly answer: string };
  readonly assertion: { readonly challenge: string; readonly answer: string };
  /** As the server would have kept it, had it taken the registration. */
  readonly kept: { readonly id: string; readonly publicKey: string; readonly aaguid: string };
}

const HERE = `,"origin":"https://example.org","crossOrigin":`;
const extra = (random: string) =>
  `,"extraData":"clientDataJSON may be extended with additional fields in the future, such as this: ${random}"`;
const NONE = "a363666d74646e6f6e656761747453746d74a068617574684461746158a4";
/** 2^1279 - 1 times 2^2203 - 1, as the section says. */
const RSA_MODULUS = `0${((2n ** 1279n - 1n) * (2n ** 2203n - 1n)).toString(16)}`;

const PUBLISHED: readonly Published[] = [
  {
    section: "16.2 ES256, no attestation",
    info: "none.ES256",
    salts: { aaguid: 4, id: 5, signIn: 7 },
    client: [`${HERE}false${extra("BkQeDjdcTBrXBiAwJTLE5Q")}`, `${HERE}false`],
    statement: NONE,
    flags: "59",
    key:
      "a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
    signInFlags: "19",
    signature:
      "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
  },
  {
    section: "16.3 ES256, self attestation",
    info: "packed-self.ES256",
    salts: { aaguid: 4, id: 5, signIn: 7 },
    client: [
      `${HERE}false${extra("U9hTXvKE2URkMnb_0xYHVg")}`,
      `${HERE}false${extra("gTb53rz6EhSWomXGzimC1Q")}`,
    ],
    statement:
      "a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d68617574684461746158a4",
    flags: "5d",
    key:
      "a5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2",
    signInFlags: "09",
    signature:
      "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66",
  },
  {
    section: "16.4 ES256, crossOrigin",
    info: "none.ES256.crossOrigin",
    salts: { aaguid: 4, id: 5, signIn: 7 },
    client: [
      `${HERE}true${extra("zZquEtDR9DWqpW5tBWTFug")}`,
      `${HERE}true${extra("92pcTVD0Aby-q4dtmj6efg")}`,
    ],
    statement: NONE,
    flags: "45",
    key:
      "a501020326200121582022200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d225820cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e",
    signInFlags: "05",
    signature:
      "3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf",
  },
  {
    section: "16.5 ES256, topOrigin",
    info: "none.ES256.topOrigin",
    salts: { aaguid: 3, id: 4, signIn: 6 },
    client: [
      `${HERE}true,"topOrigin":"https://example.com"`,
      `${HERE}true,"topOrigin":"https://example.com"${extra("UiFoJMVRQHDAFWFi4vxUpQ")}`,
    ],
    statement: NONE,
    flags: "41",
    key:
      "a5010203262001215820a1c47c1d82da4ebe82cd72207102b380670701993bc35398ae2e5726427fe01d22582086c1080d82987028c7f54ecb1b01185de243b359294a0ed210cd47480f0adc88",
    signInFlags: "05",
    signature:
      "3045022100b5a70c81780d5fcc9a4f2ae9caae99058f8accaf58b91fb59329646c28ac6ffc022012e101c165db3c8e9957f0c54dd6ca9b56bc3bd2f280bd2faa6c1d02c6e5c171",
  },
  {
    section: "16.6 ES256, very long credential id",
    info: "none.ES256.long-credential-id",
    salts: { aaguid: 3, id: 4, signIn: 6 },
    idBytes: 1023,
    client: [`${HERE}false`, `${HERE}false`],
    statement: "a363666d74646e6f6e656761747453746d74a0686175746844617461590483",
    flags: "49",
    key:
      "a50102032620012158203b8176b7504489cc593046d7988abb7905a742de6ac2cdc748a873c663e90cb12258201436d5edc9a75f23999eef9d5950a5c2455514ee1014084720f841a06b828a11",
    signInFlags: "0d",
    signature:
      "304502203ecef83fb12a0cae7841055f9f87103a99fd14b424194bbf06c4623d3ee6e3fd022100d2ace346db262b1374a6b70faa51f518a42ddca13a4125ce6f5052a75bac9fb6",
  },
  {
    section: "16.7 ES256, packed attestation",
    info: "packed.ES256",
    salts: { aaguid: 4, id: 5, signIn: 9 },
    client: [
      `${HERE}false${extra("9a8bNYjKCgWrBXU-fCl1ag")}`,
      `${HERE}false${extra("AZMwyMxIbD8-uguFNp6r8Q")}`,
    ],
    statement:
      "a363666d74667061636b65646761747453746d74a363616c6726637369675847304502203f19ec4b229f46ab8c45eff29b904ff10c0390dc40bf1216f04a78f4ceba3425022100fe7041a32759aff05a0f9f26c70a999c7a284451ba89234a1d3483c25e21925b637835638159022530820221308201c8a00302010202110088c220f83c8ef1feafe94deae45faad0300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a305f311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331223020060355040b0c1941757468656e74696361746f72204174746573746174696f6e310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d03010703420004a91ba4389409dd38a428141940ca8feb1ac0d7b4350558104a3777a49322f3798440f378b3398ab2d3bb7bf91322c92eb23556f59ad0a836fec4c7663b0e4dc3a360305e300c0603551d130101ff04023000300e0603551d0f0101ff040403020780301d0603551d0e04160414a589ba72d060842ab11f74fb246bdedab16f9b9b301f0603551d2304183016801445aff715b0dd786741fee996ebc16547a3931b1e300a06082a8648ce3d040302034700304402201726b9d85ecd8a5ed51163722ca3a20886fd9b242a0aa0453d442116075defd502207ef471e530ac87961a88a7f0d0c17b091ffc6b9238d30f79f635b417be5910e768617574684461746158a4",
    flags: "4d",
    key:
      "a50102032620012158201cf27f25da591208a4239c2e324f104f585525479a29edeedd830f48e77aeae522582059e4b7da6c0106e206ce390c93ab98a15a5ec3887e57f0cc2bece803b920c423",
    signInFlags: "0d",
    signature:
      "30450220694969d3ee928de6f02ef23a9c644d7d779916451734a94b432542f498a1ebe90221008b0819c824218a97152cd099c55bfb1477b29d900a49a64018314f9bfccda163",
  },
  {
    section: "16.10 RS256",
    info: "packed.RS256",
    salts: { aaguid: 2, id: 3, signIn: 7 },
    client: [`${HERE}false`, `${HERE}false`],
    statement: "a363666d74646e6f6e656761747453746d74a068617574684461746159021b",
    flags: "5d",
    key: `a4010303390100205901b4${RSA_MODULUS}2143010001`,
    signInFlags: "19",
    signature:
      "01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b1ecbe6c292b118c55ffaaddefa8cad0a54dd137c51f1eec673f1bb6c4d1789d6826a222b22d0f585fc901fdc933212e579d199b89d672aa44891333e6a1355536025e82b25590256c3538229b55737083b2f6b9377e49e2472f11952f79fdd0da180b5ffd901b4049a8f081bb40711bef76c62aed943571f2d0575304cb549d68d8892f95086a30f93716aee818f8dc06e96c0d5e0ed4cfa9fd8773d90464b68cf140f7986666ff9c9e3302acd0535d60d769f465e2ab57ef8aabc89fccfef7ba32a64154a8b3d26be2298f470b8cc5377dbe3dfd4b0b45f8f01e63bde6cfc76b62771f9b70aa27cf40152cad93aa5acd784fd4b90f676e2ea828d0bf2400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3efcf311da6321c92e6b0cd11bfe653bf3e98cee8e341f02d67dbb6f9c98d9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8de8c2daf7b1d15c8438e90d924df5c19045220a4c8438c1b979bbe016cf3d0eeec23c3999d4882cc645b776de930756612cdc6dd398160ff02a6",
  },
  {
    section: "16.11 Ed25519",
    info: "packed.EdDSA",
    salts: { aaguid: 4, id: 5, signIn: 9 },
    client: [`${HERE}false${extra("B_DT5g7ZD_-9OTLYX5IvEQ")}`, `${HERE}false`],
    statement: "a363666d74646e6f6e656761747453746d74a0686175746844617461" + "5881",
    flags: "41",
    key: "a401010327200621582044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832",
    signInFlags: "01",
    signature:
      "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d6607525713223a0dc0d453993dae00b",
  },
];

export function webauthnVectors(): Promise<Vector[]> {
  return Promise.all(PUBLISHED.map(assemble));
}

async function assemble(published: Published): Promise<Vector> {
  const { section, info, salts, idBytes = 32, client, statement, flags, key } = published;
  const [challenge, signInChallenge, aaguid, id] = await Promise.all([
    derive(info, 0, 32),
    derive(info, salts.signIn, 32),
    derive(info, salts.aaguid, 16),
    derive(info, salts.id, idBytes),
  ]);
  const rpIdHash = await sha256("example.org");
  const length = idBytes.toString(16).padStart(4, "0");
  const attestationObject = `${statement}${rpIdHash}${flags}00000000` +
    `${aaguid.toHex()}${length}${id.toHex()}${key}`;
  const answer = (response: Record<string, string>) =>
    JSON.stringify({ id: base64url(id), rawId: base64url(id), type: "public-key", response });
  const clientData = (type: string, challenge: Uint8Array, rest: string) =>
    base64url(new TextEncoder().encode(
      `{"type":"${type}","challenge":"${base64url(challenge)}"${rest}}`,
    ));
  return {
    section,
    registration: {
      challenge: base64url(challenge),
      answer: answer({
        clientDataJSON: clientData("webauthn.create", challenge, client[0]),
        attestationObject: fromHex(attestationObject),
      }),
    },
    assertion: {
      challenge: base64url(signInChallenge),
      answer: answer({
        clientDataJSON: clientData("webauthn.get", signInChallenge, client[1]),
        authenticatorData: fromHex(`${rpIdHash}${published.signInFlags}00000000`),
        signature: fromHex(published.signature),
      }),
    },
    kept: {
      id: base64url(id),
      publicKey: fromHex(key),
      aaguid: aaguid.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
    },
  };
}

async function derive(info: string, salt: number, length: number): Promise<Uint8Array> {
  const text = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    text.encode("WebAuthn test vectors"),
    "HKDF",
    false,
    ["deriveBits"],
  );
  const parameters = {
    name: "HKDF",
    hash: "SHA-256",
    salt: Uint8Array.of(salt),
    info: text.encode(info),
  };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, length * 8));
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

function fromHex(hex: string): string {
  return base64url(Uint8Array.fromHex(hex));
}
