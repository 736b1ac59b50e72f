/** The signature that robots of DingTalk and Feishu want. */
import { base64 } from "@hexagon/base64";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** HMAC-SHA256 of UTF-8 text, in base64 with padding. */
export function hmacBase64(key: string, text: string): string {
  return base64.fromArrayBuffer(hmac(sha256, utf8ToBytes(key), utf8ToBytes(text)).slice().buffer);
}
