/** Text messages by Aliyun and Tencent Cloud: signatures, templates, codes. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { letterOf } from "../../lib/core/messages/letter.ts";
import type { Notification } from "../../lib/core/notification.ts";
import type { ChannelType, VendorAnswer, VendorRequest } from "../../lib/notify/channel.ts";
import { canonicalQuery, signed, smsAliyun } from "../../lib/notify/sms_aliyun.ts";
import { authorization, smsTencent } from "../../lib/notify/sms_tencent.ts";
import { FixedClock } from "../support/fakes.ts";
import { T0 } from "../support/logins.ts";
import { anyText } from "../support/texts.ts";
import { ask, VENDOR_URL } from "../support/vendors/direct.ts";
import { opened } from "../support/vendors/opened.ts";
import { smsAliyunVendor } from "../support/vendors/sms_aliyun.ts";
import { smsTencentVendor } from "../support/vendors/sms_tencent.ts";
import type { FakeVendor, Settings, VendorCase } from "../support/vendors/vendor.ts";

const login = {
  user: "alice",
  host: "web1.example.com",
  service: "sshd",
  source: "192.0.2.7",
  requester: null,
  at: T0,
};
const pin: Notification = { kind: "pin", pin: "123456", ...login, validMs: 60_000 };
const request: Notification = {
  kind: "request",
  ...login,
  ticket: "T".repeat(16),
  url: `https://auth.example.com/a/${"T".repeat(16)}`,
  command: null,
  commandWhole: true,
  preauthMs: null,
  connections: 1,
  expiresAt: T0 + 60_000,
  twoPersons: false,
  ...{ reader: "self", shared: false, escalated: false },
  answer: { by: "link" },
};
const alert: Notification = { kind: "denied", ...login, by: "bob", reason: "denied", own: false };
const test: Notification = { kind: "test", channel: "sms", at: T0 };
const ended: Notification = {
  kind: "request_ended",
  ...login,
  ticket: "T".repeat(16),
  outcome: "approved",
  by: "bob",
  via: null,
  decidedAt: null,
};

class Phone {
  readonly clock = new FixedClock();
  readonly vendor: FakeVendor;
  #messages = 0;

  constructor(private readonly type: ChannelType, vendor: VendorCase) {
    this.vendor = vendor.start(this.clock);
  }

  get settings(): Settings {
    return this.vendor.settings(VENDOR_URL);
  }

  async send(notification: Notification, settings = this.settings) {
    const dialect = opened(this.type, settings);
    const id = String(++this.#messages).padStart(32, "0");
    const at = { now: this.clock.now(), token: "", id };
    const made = await dialect.send(letterOf(notification, "zh-CN", "UTC"), this.vendor.to, at);
    return "ok" in made ? made : dialect.sent(await ask(this.vendor, made));
  }

  get last(): string {
    return this.vendor.arrived.at(-1)?.text ?? "";
  }
}

// help.aliyun.com/document_detail/2593177.html, the example with fixed parameters.
Deno.test("signed() gives the signature of Aliyun's own example", () => {
  const headers = signed({ id: "YourAccessKeyId", secret: "YourAccessKeySecret" }, {
    host: "ecs.cn-shanghai.aliyuncs.com",
    query: canonicalQuery({
      RegionId: "cn-shanghai",
      ImageId: "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
    }),
    action: "RunInstances",
    version: "2014-05-26",
    at: Date.UTC(2023, 9, 26, 10, 22, 32),
    nonce: "3156853299f313e23d1673dc12e1703d",
  });
  assert.equal(
    headers.authorization,
    "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;" +
      "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," +
      "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
  );
});

// cloud.tencent.com/document/api/213/30654, the example for DescribeInstances; its keys are starred out there,
// and the signature was made with the stars.
Deno.test("authorization() gives the signature of Tencent Cloud's own example", () => {
  const key = {
    id: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******",
    secret: "Gu5t9xGARNpq86cd98joQYCN3*******",
  };
  assert.equal(
    authorization(key, {
      service: "cvm",
      host: "cvm.tencentcloudapi.com",
      type: "application/json; charset=utf-8",
      text:
        '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}',
      seconds: 1_551_113_065,
    }),
    "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, " +
      "SignedHeaders=content-type;host, " +
      "Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c",
  );
});

Deno.test("canonicalQuery() encodes as RFC 3986 says, in order", () => {
  assert.equal(canonicalQuery({ b: "a b*'()!~", a: "é" }), "a=%C3%A9&b=a%20b%2A%27%28%29%21~");
});

for (
  const [type, vendor] of [[smsAliyun, smsAliyunVendor], [smsTencent, smsTencentVendor]] as const
) {
  const phone = () => new Phone(type, vendor);

  Deno.test(`${type.type}: each sort of message fills in its own template`, async () => {
    const one = phone();
    assert.deepEqual(await one.send(pin), { ok: true, handle: null });
    assert.match(one.last, /^【.+】您的登录验证码是123456，/);
    assert.ok((await one.send(request)).ok);
    assert.match(
      one.last,
      /以alice登录web1·example·com，.+https:\/\/auth\.example\.com\/a\/T{16}$/,
    );
    assert.ok((await one.send(alert)).ok);
    assert.match(one.last, /服务器提醒：.+。$/);
    assert.ok((await one.send(test)).ok);
    assert.deepEqual(one.vendor.arrived.map(({ to }) => to), Array(4).fill("+8613800138000"));
  });

  Deno.test(`${type.type}: a sort without a template is not sent, and it is said why`, async () => {
    const one = phone();
    for (const [sort, message] of [["pin", pin], ["request", request], ["alert", alert]] as const) {
      const refused = await one.send(message, { ...one.settings, [`${sort}_template`]: undefined });
      assert.ok(
        !refused.ok && refused.why === "settings" && refused.hint.includes(`${sort}_template`),
      );
    }
    assert.ok(!(await one.send(ended)).ok);
    assert.deepEqual(one.vendor.arrived, []);
  });

  Deno.test(`${type.type}: a channel for PINs alone is tested with a code of zeros`, async () => {
    const one = phone();
    assert.ok((await one.send(test, { ...one.settings, alert_template: undefined })).ok);
    assert.match(one.last, /000000/);
  });

  Deno.test(`${type.type}: a template is asked for by each sort that is sent`, () => {
    const faults = type.faults?.({ sends: ["pin", "alert"], pin_template: "1" });
    assert.deepEqual(Object.keys(faults ?? {}), ["alert_template"]);
    assert.deepEqual(type.faults?.({ sends: ["pin"], pin_template: "1" }), {});
  });

  Deno.test(`${type.type}: wrong credentials, and a clock that is off, are settings`, async () => {
    const one = phone();
    const wrong = await one.send(pin, one.vendor.wrongCredentials(VENDOR_URL));
    assert.ok(
      !wrong.ok && wrong.why === "settings" && /_(secret|key) in server\.toml/.test(wrong.hint),
    );
    const dialect = opened(type, one.settings);
    const at = { now: T0 - 3_600_000, token: "", id: "f".repeat(32) };
    const late = dialect.sent(
      await ask(
        one.vendor,
        await made(dialect.send(letterOf(pin, "zh-CN", "UTC"), one.vendor.to, at)),
      ),
    );
    assert.ok(!late.ok && late.why === "settings" && late.hint.includes("clock"));
  });

  Deno.test(`${type.type}: too many is told apart from too busy, which may be tried again`, async () => {
    const one = phone();
    one.vendor.limitNext();
    const limited = await one.send(pin);
    assert.ok(!limited.ok && limited.why === "rate_limited" && limited.retryAfterMs === undefined);
    one.vendor.busyNext?.();
    const busy = await one.send(pin);
    assert.ok(!busy.ok && busy.why === "unavailable" && busy.retryAfterMs === null);
    assert.ok((await one.send(pin)).ok);
  });

  Deno.test(`${type.type}: whatever the names are, the vendor takes them, and no link is in them`, async () => {
    const names = fc.record({ user: anyText(), host: anyText() });
    const evil = fc.constantFrom(
      "https://evil.example/x",
      "evil.example",
      "192.0.2.7",
      "【假】",
      "${code}",
    );
    const any = fc.oneof(names, fc.record({ user: evil, host: evil }));
    await fc.assert(fc.asyncProperty(any, async (names) => {
      const one = phone();
      assert.ok((await one.send({ ...request, ...names })).ok, one.last);
      assert.ok((await one.send({ ...alert, ...names })).ok);
      const [asked, told] = one.vendor.arrived;
      assert.deepEqual(asked?.links, [`https://auth.example.com/a/${"T".repeat(16)}`]);
      assert.deepEqual(told?.links, []);
      assert.equal(asked?.text.lastIndexOf("【"), 0);
    }));
  });

  Deno.test(`${type.type}: a contact is a number in E.164`, () => {
    for (const good of ["+8613800138000", "+4915112345678"]) assert.ok(type.isContact(good));
    for (const bad of ["13800138000", "+0861", "+86 138", "+86138;rm", "", "+1234567890123456"]) {
      assert.ok(!type.isContact(bad), bad);
    }
  });
}

async function made(
  request: ReturnType<ReturnType<typeof opened>["send"]>,
): Promise<VendorRequest> {
  const one = await request;
  assert.ok(!("ok" in one));
  return one;
}

const reading = (type: ChannelType, vendor: VendorCase) => {
  const dialect = opened(type, vendor.start(new FixedClock()).settings(VENDOR_URL));
  return (json: unknown, status = 200) => {
    const answer: VendorAnswer = { status, headers: {}, json, text: "" };
    return dialect.sent(answer);
  };
};

Deno.test("Aliyun's codes say whose fault it is, and name the setting", () => {
  const read = reading(smsAliyun, smsAliyunVendor);
  const meanings: [code: string, why: string, hint: string][] = [
    ["isv.SMS_SIGNATURE_ILLEGAL", "settings", "sign_name"],
    ["isv.SMS_TEMPLATE_ILLEGAL", "settings", "templates"],
    ["isv.TEMPLATE_MISSING_PARAMETERS", "settings", "pin_variables"],
    ["isp.RAM_PERMISSION_DENY", "settings", "AliyunDysmsFullAccess"],
    ["NoPermission", "settings", "AliyunDysmsFullAccess"],
    ["isv.SMS_TEST_NUMBER_LIMIT", "recipient", "for tests"],
    ["isv.AMOUNT_NOT_ENOUGH", "settings", "paid"],
    ["isv.MOBILE_NUMBER_ILLEGAL", "recipient", "phone number"],
    ["isv.BUSINESS_LIMIT_CONTROL", "rate_limited", "later"],
    ["isv.DENY_IP_RANGE", "address", "proxy"],
    ["isp.SYSTEM_ERROR", "unavailable", "reach"],
    ["Throttling", "rate_limited", "later"],
    ["Throttling.Api", "rate_limited", "later"],
    ["ServiceUnavailable", "unavailable", "reach"],
    ["InternalError", "unavailable", "reach"],
    ["isv.WHATEVER", "rejected", "code"],
    ["constructor", "rejected", "code"],
  ];
  for (const [Code, why, hint] of meanings) {
    const refused = read({ Code, Message: "not to be shown" });
    assert.ok(!refused.ok && refused.why === why && refused.hint.includes(hint), Code);
    assert.equal(refused.detail, `sms_aliyun answers ${Code}`);
    const isSoon = /^Throttling|^isp\.SYSTEM_ERROR|^ServiceUnavailable/.test(Code);
    assert.equal(refused.retryAfterMs, isSoon ? null : undefined, Code);
    assert.equal(refused.mayArrive, Code === "InternalError", Code);
  }
});

Deno.test("Tencent Cloud's codes say so too, wherever in the answer they stand", () => {
  const read = reading(smsTencent, smsTencentVendor);
  const meanings: [code: string, why: string, hint: string][] = [
    ["AuthFailure.SecretIdNotFound", "settings", "secret_id"],
    ["FailedOperation.SignatureIncorrectOrUnapproved", "settings", "sign_name"],
    ["FailedOperation.TemplateParamSetNotMatchApprovedTemplate", "settings", "pin_variables"],
    ["InvalidParameterValue.TemplateParameterFormatError", "settings", "pin_variables"],
    ["UnauthorizedOperation.SmsSdkAppIdVerifyFail", "settings", "sdk_app_id"],
    ["FailedOperation.PhoneNumberInBlacklist", "recipient", "another channel"],
    ["LimitExceeded.PhoneNumberDailyLimit", "rate_limited", "limits"],
    ["UnauthorizedOperation.RequestIpNotInWhitelist", "address", "address"],
    ["InternalError.Timeout", "unavailable", "reach"],
    ["FailedOperation.Whatever", "rejected", "code"],
    ["constructor", "rejected", "code"],
  ];
  for (const [Code, why, hint] of meanings) {
    const answers = [
      { Response: { Error: { Code, Message: "not to be shown" }, RequestId: "1" } },
      { Response: { SendStatusSet: [{ Code, Message: "not to be shown" }], RequestId: "1" } },
    ];
    for (const answer of answers) {
      const refused = read(answer);
      assert.ok(!refused.ok && refused.why === why && refused.hint.includes(hint), Code);
      assert.equal(refused.detail, `sms_tencent answers ${Code}`);
    }
  }
});

Deno.test("what is none of their answers delivers nothing, and nobody knows", () => {
  for (const read of [reading(smsAliyun, smsAliyunVendor), reading(smsTencent, smsTencentVendor)]) {
    for (
      const json of [undefined, null, [], {}, { Code: 1 }, { Response: { SendStatusSet: [] } }]
    ) {
      const odd = read(json);
      assert.ok(!odd.ok && odd.why === "unusable" && odd.mayArrive, JSON.stringify(json));
      const down = read(json, 502);
      assert.ok(!down.ok && down.why === "unavailable" && down.mayArrive);
    }
    const code = read({ Code: "a\u001b[31mb", Response: { Error: { Code: "<b>" } } });
    assert.ok(!code.ok && /answers with a code$/.test(code.detail));
  }
});
