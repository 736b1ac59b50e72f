/**
 * Text messages by Tencent Cloud's SMS service (SendSms, version 2021-01-11; cloud.tencent.com/document/api/
 * 382/55981), signed by TC3-HMAC-SHA256 (cloud.tencent.com/document/api/382/52072).
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as sha256Bytes } from "@noble/hashes/sha2.js";
import * as v from "valibot";
import { hex } from "../core/encoding.ts";
import { sha256 } from "../core/hash.ts";
import { type Answered, channelType, jsonBody, type VendorAnswer } from "./channel.ts";
import { isPhone } from "./phone.ts";
import { apiUrl, matching, secret, words } from "./settings.ts";
import { filled, templateFaults, templates } from "./sms_template.ts";
import { unspoken } from "./refusal.ts";
import { CODES, refusalOf } from "./sms_tencent_codes.ts";

const TYPE = "sms_tencent";
const ALGORITHM = "TC3-HMAC-SHA256";
const SERVICE = "sms";
/** One of those that the service has; it does not matter which. */
const REGION = "ap-guangzhou";

export const smsTencent = channelType({
  type: TYPE,
  reach: "person",
  answers: false,
  language: "zh-CN",
  secretContacts: true,
  reachesAnyone: true,
  settings: {
    secret_id: matching(/^[A-Za-z0-9_-]{1,128}$/, "a SecretId"),
    secret_key: secret,
    sdk_app_id: matching(/^[0-9]{1,16}$/, 'an SdkAppId in quotes, such as "1400006666"'),
    sign_name: words(32),
    ...templates,
    url: v.optional(apiUrl, "https://sms.tencentcloudapi.com"),
  },
  secrets: ["secret_key"],
  faults: templateFaults,
  isContact: isPhone,
  contact: 'a phone number such as "+8613800138000"',
  open(settings) {
    const { secret_id, secret_key, sdk_app_id, sign_name, url } = settings;
    return {
      via: "http",
      send(letter, to, { now }) {
        const sms = filled(letter, settings, CODES.refuse);
        if (!sms.ok) return sms;
        const body = jsonBody({
          PhoneNumberSet: [to],
          SmsSdkAppId: sdk_app_id,
          SignName: sign_name,
          TemplateId: sms.template,
          TemplateParamSet: sms.variables.map(([, value]) => value),
        });
        const seconds = Math.floor(now / 1000);
        return {
          method: "POST",
          url: `${url}/`,
          headers: {
            authorization: authorization({ id: secret_id, secret: secret_key }, {
              service: SERVICE,
              host: new URL(url).host,
              type: body.type,
              text: body.text,
              seconds,
            }),
            "x-tc-action": "SendSms",
            "x-tc-region": REGION,
            "x-tc-timestamp": String(seconds),
            "x-tc-version": "2021-01-11",
          },
          body,
        };
      },
      sent: readSent,
    };
  },
});

interface SecretPair {
  readonly id: string;
  readonly secret: string;
}

interface ToSign {
  readonly service: string;
  readonly host: string;
  /** The content type, and the body. */
  readonly type: string;
  readonly text: string;
  /** Since the Unix epoch. */
  readonly seconds: number;
}

/** Of a POST to "/". */
export function authorization(
  { id, secret }: SecretPair,
  { host, seconds, service, text, type }: ToSign,
): string {
  const date = new Date(seconds * 1000).toISOString().slice(0, 10);
  const scope = `${date}/${service}/tc3_request`;
  const names = "content-type;host";
  const lines = `content-type:${type}\nhost:${host}\n`;
  const request = ["POST", "/", "", lines, names, sha256(text)].join("\n");
  const toSign = [ALGORITHM, seconds, scope, sha256(request)].join("\n");
  const key = [date, service, "tc3_request"].reduce(mac, utf8(`TC3${secret}`));
  return `${ALGORITHM} Credential=${id}/${scope}, SignedHeaders=${names}, ` +
    `Signature=${hex(mac(key, toSign))}`;
}

function mac(key: Uint8Array, text: string): Uint8Array {
  return hmac(sha256Bytes, key, utf8(text));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const Failed = v.object({ Response: v.object({ Error: v.object({ Code: v.string() }) }) });
const Sent = v.object({
  Response: v.object({ SendStatusSet: v.tuple([v.object({ Code: v.string() })]) }),
});

function readSent(answer: VendorAnswer): Answered {
  const failed = v.safeParse(Failed, answer.json);
  if (failed.success) return refusalOf(failed.output.Response.Error.Code);
  const sent = v.safeParse(Sent, answer.json);
  if (sent.success) {
    const [{ Code }] = sent.output.Response.SendStatusSet;
    return Code === "Ok" ? { ok: true, handle: null } : refusalOf(Code);
  }
  return unspoken(CODES.refuse, answer);
}
