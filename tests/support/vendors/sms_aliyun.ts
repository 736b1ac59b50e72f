/**
 * Aliyun's SMS service: SendSms with signatures V3, as documented (help.aliyun.com/document_detail/ 2593177,
 * 419273, 101346): 15 minutes for a signature, each nonce once, one code to a number in a minute.
 */
import { createHash, createHmac } from "node:crypto";
import * as v from "valibot";
import type { Clock } from "../../../lib/ports.ts";
import { parsed } from "./plain_reader.ts";
import {
  arrivedSms,
  isAddress,
  TEMPLATE_SETTINGS,
  TEMPLATES,
  variablesOf,
} from "./sms_templates.ts";
import type { Arrived, Call, FakeVendor, Reply, VendorCase } from "./vendor.ts";
import { json } from "./vendor.ts";

const ID = "LTAI5tFakeAccessKeyId000";
const SECRET = "FakeAccessKeySecret00000000000";
const SIGN = "阿里测试";
const MAX_SKEW_MS = 900_000;
const Values = v.record(v.string(), v.string());

class AliyunSms {
  readonly arrived: Arrived[] = [];
  readonly next: Reply[] = [];
  readonly #nonces = new Set<string>();
  readonly #codeAt = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  answer(call: Call): Reply {
    const next = this.next.shift();
    if (next !== undefined) return next;
    const fault = this.#gatewayFault(call);
    return fault === undefined ? answered(this.#send(call.query)) : refused(...fault);
  }

  #gatewayFault({ body, headers, method, path, query }: Call):
    | [status: number, code: string]
    | undefined {
    const [action, version] = [headers.get("x-acs-action"), headers.get("x-acs-version")];
    if (method !== "POST" || path !== "/") return [404, "InvalidAction.NotFound"];
    if (version !== "2017-05-25") return [400, "InvalidVersion"];
    if (action !== "SendSms") return [404, "InvalidAction.NotFound"];
    const [, id = "", names = "", signature = ""] =
      /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/
        .exec(headers.get("authorization") ?? "") ?? [];
    if (id === "") return [400, "IncompleteSignature"];
    if (id !== ID) return [404, "InvalidAccessKeyId.NotFound"];
    const date = headers.get("x-acs-date") ?? "";
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(date)) return [400, "InvalidTimeStamp.Format"];
    const skew = Math.abs(Date.parse(date) - this.clock.now());
    if (skew > MAX_SKEW_MS) return [400, "InvalidTimeStamp.Expired"];
    const nonce = headers.get("x-acs-signature-nonce") ?? "";
    if (nonce === "" || this.#nonces.has(nonce)) return [400, "SignatureNonceUsed"];
    const hash = createHash("sha256").update(body).digest("hex");
    const needed = ["host", ...[...headers.keys()].filter((name) => name.startsWith("x-acs-"))];
    const isWhole = needed.every((name) => names.split(";").includes(name));
    if (headers.get("x-acs-content-sha256") !== hash || !isWhole) {
      return [403, "SignatureDoesNotMatch"];
    }
    const lines = names.split(";").map((name) => `${name}:${headers.get(name)?.trim()}\n`).join("");
    const request = ["POST", "/", canonical(query), lines, names, hash].join("\n");
    const text = `ACS3-HMAC-SHA256\n${createHash("sha256").update(request).digest("hex")}`;
    const expected = createHmac("sha256", SECRET).update(text).digest("hex");
    if (signature !== expected) return [403, "SignatureDoesNotMatch"];
    this.#nonces.add(nonce);
    return undefined;
  }

  #send(query: URLSearchParams): string {
    const phone = query.get("PhoneNumbers") ?? "";
    if (!/^(\+?86)?1[3-9][0-9]{9}$/.test(phone)) return "isv.MOBILE_NUMBER_ILLEGAL";
    if (query.get("SignName") !== SIGN) return "isv.SMS_SIGNATURE_ILLEGAL";
    const template = TEMPLATES[(query.get("TemplateCode") ?? "").replace("SMS_", "")];
    if (template === undefined) return "isv.SMS_TEMPLATE_ILLEGAL";
    const given = v.safeParse(Values, parsed(query.get("TemplateParam") ?? ""));
    if (!given.success) return "isv.INVALID_JSON_PARAM";
    const values = given.output;
    const names = variablesOf(template);
    if (names.some((name) => values[name] === undefined)) return "isv.TEMPLATE_MISSING_PARAMETERS";
    const used = names.map((name) => values[name] ?? "");
    if (used.some((value) => [...value].length > 35)) return "isv.PARAM_LENGTH_LIMIT";
    if (used.some(isAddress)) return "isv.PARAM_NOT_SUPPORT_URL";
    const isKind = template.isCode ? /^[0-9]{4,6}$/ : /^[^【】]+$/;
    if (!used.every((value) => isKind.test(value))) return "isv.TEMPLATE_PARAMS_ILLEGAL";
    const now = this.clock.now();
    if (template.isCode) {
      if (now - (this.#codeAt.get(phone) ?? -Infinity) < 60_000) {
        return "isv.BUSINESS_LIMIT_CONTROL";
      }
      this.#codeAt.set(phone, now);
    }
    this.arrived.push(arrivedSms(template, SIGN, `+${phone.replace(/^\+/, "")}`, values));
    return "OK";
  }
}

function canonical(query: URLSearchParams): string {
  const encode = (text: string) =>
    [...new TextEncoder().encode(text)].map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9_.~-]/.test(char)
        ? char
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    }).join("");
  return [...query].map(([name, value]) => `${encode(name)}=${encode(value)}`).toSorted().join("&");
}

function answered(code: string): Reply {
  return json({
    Code: code,
    Message: code === "OK" ? "OK" : "账号不对",
    RequestId: crypto.randomUUID().toUpperCase(),
    ...(code === "OK" ? { BizId: "900619746936498440^0" } : {}),
  });
}

function refused(status: number, code: string): Reply {
  const host = { HostId: "dysmsapi.aliyuncs.com", RequestId: crypto.randomUUID().toUpperCase() };
  return json({ ...host, Code: code, Message: "not to be shown" }, status);
}

export const smsAliyunVendor: VendorCase = {
  type: "sms_aliyun",
  start(clock): FakeVendor {
    const service = new AliyunSms(clock);
    const settings = (url: string, secret: string) => ({
      type: "sms_aliyun",
      access_key_id: ID,
      access_key_secret: secret,
      sign_name: SIGN,
      pin_template: "SMS_1001",
      request_template: "SMS_1002",
      alert_template: "SMS_1003",
      ...TEMPLATE_SETTINGS,
      url,
    });
    return {
      arrived: service.arrived,
      to: "+8613800138000",
      // It takes messages to numbers that nobody has.
      nobody: null,
      settings: (url) => settings(url, SECRET),
      wrongCredentials: (url) => settings(url, "wrong"),
      answer: (call) => service.answer(call),
      limitNext() {
        service.next.push(answered("isv.BUSINESS_LIMIT_CONTROL"));
        // To one number: it counts by the minute, the hour and the day.
        return "never";
      },
      busyNext() {
        service.next.push(refused(503, "ServiceUnavailable"));
        return { againAfterMs: 0 };
      },
    };
  },
};
