/** How long a certificate is good for. */
import { X509Certificate } from "node:crypto";

/** Milliseconds since the Unix epoch; undefined where that is no certificate. @param pem the first one counts */
export function certificateEnd(pem: string): number | undefined {
  try {
    const end = Date.parse(new X509Certificate(pem).validTo);
    return Number.isNaN(end) ? undefined : end;
  } catch {
    return undefined;
  }
}
