/** A WeCom application, and what it sends to us. */
import type { FakeVendor, Settings, VendorCase } from "./vendor.ts";
import { AGENTID, CORPID, SECRET, WecomCloud } from "./wecom_cloud.ts";

export const TOKEN = "CallbackToken0123";
export const AES_KEY = "0123456789abcdefghijABCDEFGHIJ0123456789abc";

export const wecomVendor: VendorCase = {
  type: "wecom",
  start(clock): FakeVendor {
    const cloud = new WecomCloud(clock);
    const settings = (url: string, secret: string): Settings => ({
      type: "wecom",
      corpid: CORPID,
      agentid: AGENTID,
      secret,
      token: TOKEN,
      aes_key: AES_KEY,
      buttons: true,
      url,
    });
    return {
      arrived: cloud.arrived,
      to: "zhangsan",
      nobody: "wangwu",
      settings: (url) => settings(url, SECRET),
      wrongCredentials: (url) => settings(url, "wrong"),
      answer: (call) => cloud.answer(call),
      limitNext() {
        cloud.codes.set("/cgi-bin/message/send", [45009]);
        // It counts by the minute.
        return "never";
      },
      busyNext() {
        cloud.codes.set("/cgi-bin/message/send", [-1]);
        // "Once more, three times at the most."
        return { againAfterMs: 0 };
      },
      expireTokens: () => cloud.revokeToken(),
    };
  },
};
