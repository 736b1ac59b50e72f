/** SHA-256 in lower-case hex. WebCrypto's would cross threads four times for each login. */
import { hash } from "node:crypto";

export function sha256Hex(text: string): string {
  return hash("sha256", text);
}
