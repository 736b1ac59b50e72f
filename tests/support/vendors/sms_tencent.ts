/**
 * Tencent Cloud's SMS service: SendSms with signatures TC3, as documented (cloud.tencent.com/document/api/382/
 * 52072, 55981, 52075): five minutes for a signature, digits alone for codes, no addresses in variables.
 */
import { createHash, createHmac } from "node:crypto";
import type { Clock } from "../../../lib/ports.ts";
import { parse } from "./json_fields.ts";
import {
  arrivedSms,
  isAddress,
  TEMPLATE_SETTINGS,
  TEMPLATES,
  variablesOf,
} from "./sms_templates.ts";
import type { Arrived, Call, FakeVendor, Reply, VendorCase } from "./vendor.ts";
import { json } from "./vendor.ts";

const ID = "AKIDFakeSecretId0000000000000000";
const KEY = "FakeSecretKey0000000000000000000";
const APP = "1400006666";
const SIGN = "腾讯云";
const MAX_SKEW_S = 300;
const REGIONS = ["ap-beijing", "ap-guangzhou", "ap-nanjing"];

class TencentSms {
  readonly arrived: Arrived[] = [];
  readonly next: Reply[] = [];

  constructor(private readonly clock: Clock) {}

  answer(call: Call): Reply {
    const fault = this.#gatewayFault(call);
    if (fault !== undefined) return refused(fault);
    return this.next.shift() ?? this.#send(call.body);
  }

  #gatewayFault({ body, headers, method, path }: Call): string | undefined {
    const tc = (name: string) => headers.get(`x-tc-${name}`) ?? "";
    if (method !== "POST" || path !== "/") return "InvalidAction";
    const names = ["action", "version", "timestamp", "region"];
    if (names.some((name) => tc(name) === "")) return "MissingParameter";
    if (tc("action") !== "SendSms") return "InvalidAction";
    if (tc("version") !== "2021-01-11") return "NoSuchVersion";
    if (!REGIONS.includes(tc("region"))) return "UnsupportedRegion";
    const [, id = "", date = "", signed = "", signature = ""] =
      /^TC3-HMAC-SHA256 Credential=([^/]+)\/(\d{4}-\d\d-\d\d)\/sms\/tc3_request, SignedHeaders=([a-z;-]+), Signature=([0-9a-f]{64})$/
        .exec(headers.get("authorization") ?? "") ?? [];
    if (id === "") return "AuthFailure.InvalidAuthorization";
    if (id !== ID) return "AuthFailure.SecretIdNotFound";
    const seconds = Number(tc("timestamp"));
    const isNow = Math.abs(seconds - this.clock.now() / 1000) <= MAX_SKEW_S;
    const isDate = date === new Date(seconds * 1000).toISOString().slice(0, 10);
    if (!isNow || !isDate) return "AuthFailure.SignatureExpire";
    if (!["content-type", "host"].every((name) => signed.split(";").includes(name))) {
      return "AuthFailure.SignatureFailure";
    }
    const lines = signed.split(";")
      .map((name) => `${name}:${headers.get(name)?.trim().toLowerCase()}\n`).join("");
    const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
    const request = ["POST", "/", "", lines, signed, sha256(body)].join("\n");
    const text = `TC3-HMAC-SHA256\n${seconds}\n${date}/sms/tc3_request\n${sha256(request)}`;
    const day = createHmac("sha256", `TC3${KEY}`).update(date).digest();
    const service = createHmac("sha256", day).update("sms").digest();
    const signing = createHmac("sha256", service).update("tc3_request").digest();
    const expected = createHmac("sha256", signing).update(text).digest("hex");
    if (signature !== expected) return "AuthFailure.SignatureFailure";
    return headers.get("content-type")?.startsWith("application/json")
      ? undefined
      : "InvalidParameter";
  }

  #send(body: string): Reply {
    const read = parse(body) ?? {};
    const { PhoneNumberSet, SignName, SmsSdkAppId, TemplateId, TemplateParamSet } = read;
    if (!isTexts(PhoneNumberSet)) return refused("InvalidParameter");
    const [phone, ...more] = PhoneNumberSet;
    if (phone === undefined) return refused("MissingParameter.EmptyPhoneNumberSet");
    if (more.length > 199) return refused("LimitExceeded.PhoneNumberCountLimit");
    if (SmsSdkAppId !== APP) return refused("InvalidParameterValue.SdkAppIdNotExist");
    if (!isTexts(TemplateParamSet ?? [])) return refused("InvalidParameter");
    const values = isTexts(TemplateParamSet) ? TemplateParamSet : [];
    const said = (code: string) => sent(phone, code);
    if (!/^\+861[3-9][0-9]{9}$/.test(phone)) {
      return said("InvalidParameterValue.IncorrectPhoneNumber");
    }
    if (SignName !== SIGN) return said("FailedOperation.SignatureIncorrectOrUnapproved");
    const template = TEMPLATES[String(TemplateId)];
    if (template === undefined) return said("FailedOperation.TemplateUnapprovedOrNotExist");
    const names = variablesOf(template);
    if (names.length !== values.length) {
      return said("FailedOperation.TemplateParamSetNotMatchApprovedTemplate");
    }
    if (template.isCode && !values.every((value) => /^[0-9]{0,6}$/.test(value))) {
      return said("InvalidParameterValue.TemplateParameterFormatError");
    }
    if (values.some(isAddress)) {
      return said("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter");
    }
    const filled = Object.fromEntries(names.map((name, at) => [name, values[at] ?? ""]));
    this.arrived.push(arrivedSms(template, SIGN, phone, filled));
    return said("Ok");
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function sent(phone: string, code: string): Reply {
  const ok = code === "Ok";
  const status = {
    SerialNo: ok ? "5000:1045710669157053657849499619" : "",
    PhoneNumber: phone,
    Fee: ok ? 1 : 0,
    SessionContext: "",
    Code: code,
    Message: ok ? "send success" : "not to be shown",
    IsoCode: ok ? "CN" : "",
  };
  return json({ Response: { SendStatusSet: [status], RequestId: crypto.randomUUID() } });
}

/** Also that is HTTP 200. */
function refused(code: string): Reply {
  const Error = { Code: code, Message: "not to be shown" };
  return json({ Response: { Error, RequestId: crypto.randomUUID() } });
}

export const smsTencentVendor: VendorCase = {
  type: "sms_tencent",
  start(clock): FakeVendor {
    const service = new TencentSms(clock);
    const settings = (url: string, key: string) => ({
      type: "sms_tencent",
      secret_id: ID,
      secret_key: key,
      sdk_app_id: APP,
      sign_name: SIGN,
      pin_template: "1001",
      request_template: "1002",
      alert_template: "1003",
      ...TEMPLATE_SETTINGS,
      url,
    });
    const to = "+8613800138000";
    const tooMany = "LimitExceeded.PhoneNumberThirtySecondLimit";
    return {
      arrived: service.arrived,
      to,
      // It takes messages to numbers that nobody has.
      nobody: null,
      settings: (url) => settings(url, KEY),
      wrongCredentials: (url) => settings(url, "wrong"),
      answer: (call) => service.answer(call),
      limitNext() {
        service.next.push(sent(to, tooMany));
        // To one number: it counts by half a minute, the hour and the day.
        return "never";
      },
      busyNext() {
        service.next.push(refused("ServiceUnavailable"));
        return { againAfterMs: 0 };
      },
    };
  },
};
