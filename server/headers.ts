/** Headers of every answer. */
const ALWAYS: Readonly<Record<string, string>> = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  // Not no-referrer: that makes browsers send `Origin: null` with our own forms.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";
const ONE_YEAR = "max-age=31536000";

/** What sets them. Pages bring their own, wider Content-Security-Policy. */
export function securityHeaders(publicUrl: string): (headers: Headers) => void {
  const https = publicUrl.startsWith("https:");
  return (headers) => {
    for (const [name, value] of Object.entries(ALWAYS)) headers.set(name, value);
    // What programs get is short: compressing it would only cost time.
    const html = headers.get("content-type")?.startsWith("text/html") ?? false;
    if (!headers.has("cache-control")) {
      headers.set("cache-control", html ? "no-store" : "no-store, no-transform");
    }
    if (https) headers.set("strict-transport-security", ONE_YEAR);
    if (!headers.has("content-security-policy")) headers.set("content-security-policy", NOTHING);
  };
}
