/**
 * Text messages by Aliyun's SMS service (SendSms, version 2017-05-25; help.aliyun.com/document_detail/
 * 419273.html), signed by "V3", ACS3-HMAC-SHA256 (help.aliyun.com/document_detail/2593177.html).
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as sha256Bytes } from "@noble/hashes/sha2.js";
import * as v from "valibot";
import { hex } from "../core/encoding.ts";
import { sha256 } from "../core/hash.ts";
import { type Answered, channelType, type VendorAnswer } from "./channel.ts";
import { isPhone } from "./phone.ts";
import { apiUrl, matching, secret, words } from "./settings.ts";
import { unspoken } from "./refusal.ts";
import { CODES, refusalOf } from "./sms_aliyun_codes.ts";
import { filled, templateFaults, templates } from "./sms_template.ts";

const TYPE = "sms_aliyun";
const ALGORITHM = "ACS3-HMAC-SHA256";

export const smsAliyun = channelType({
  type: TYPE,
  reach: "person",
  answers: false,
  language: "zh-CN",
  secretContacts: true,
  reachesAnyone: true,
  settings: {
    access_key_id: matching(/^[A-Za-z0-9.]{1,128}$/, "the id of an AccessKey"),
    access_key_secret: secret,
    sign_name: words(32),
    ...templates,
    url: v.optional(apiUrl, "https://dysmsapi.aliyuncs.com"),
  },
  secrets: ["access_key_secret"],
  faults: templateFaults,
  isContact: isPhone,
  contact: 'a phone number such as "+8613800138000"',
  open(settings) {
    const { access_key_id, access_key_secret, sign_name, url } = settings;
    return {
      via: "http",
      send(letter, to, { id, now }) {
        const sms = filled(letter, settings, CODES.refuse);
        if (!sms.ok) return sms;
        const query = canonicalQuery({
          // Of abroad it wants the digits alone; at home it takes them too.
          PhoneNumbers: to.slice(1),
          SignName: sign_name,
          TemplateCode: sms.template,
          TemplateParam: JSON.stringify(Object.fromEntries(sms.variables)),
        });
        const headers = signed(
          { id: access_key_id, secret: access_key_secret },
          {
            host: new URL(url).host,
            query,
            action: "SendSms",
            version: "2017-05-25",
            at: now,
            // Another one for each try: what was seen before is refused.
            nonce: `${id}${now}`,
          },
        );
        return { method: "POST", url: `${url}/?${query}`, headers };
      },
      sent: readSent,
    };
  },
});

interface AccessKey {
  readonly id: string;
  readonly secret: string;
}

interface ToSign {
  readonly host: string;
  /** As `canonicalQuery` makes it, and as it is sent. */
  readonly query: string;
  readonly action: string;
  readonly version: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly nonce: string;
}

/** Headers of a POST without a body. */
export function signed(
  { id, secret }: AccessKey,
  { action, at, host, nonce, query, version }: ToSign,
): Record<string, string> {
  const bodyHash = sha256("");
  const headers = {
    "x-acs-action": action,
    "x-acs-content-sha256": bodyHash,
    "x-acs-date": new Date(at).toISOString().replace(/\.[0-9]{3}Z$/, "Z"),
    "x-acs-signature-nonce": nonce,
    "x-acs-version": version,
  };
  const all = Object.entries({ host, ...headers }).toSorted(([a], [b]) => a < b ? -1 : 1);
  const names = all.map(([name]) => name).join(";");
  const lines = all.map(([name, value]) => `${name}:${value}\n`).join("");
  const request = ["POST", "/", query, lines, names, bodyHash].join("\n");
  const bytes = new TextEncoder();
  const signature = hex(
    hmac(
      sha256Bytes,
      bytes.encode(secret),
      bytes.encode(`${ALGORITHM}\n${sha256(request)}`),
    ),
  );
  return {
    ...headers,
    authorization: `${ALGORITHM} Credential=${id},SignedHeaders=${names},Signature=${signature}`,
  };
}

/** Sorted, and percent-encoded as RFC 3986 says, which is more than encodeURIComponent() does. */
export function canonicalQuery(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters).toSorted(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join("&");
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const Answer = v.object({ Code: v.string() });

function readSent(answer: VendorAnswer): Answered {
  const read = v.safeParse(Answer, answer.json);
  if (read.success) {
    const { Code } = read.output;
    return Code === "OK" ? { ok: true, handle: null } : refusalOf(Code);
  }
  return unspoken(CODES.refuse, answer);
}
