/** Asks a vendor without a network in between: for tests of what one request says. */
import type { VendorAnswer, VendorRequest } from "../../../lib/notify/channel.ts";
import { parsed } from "./plain_reader.ts";
import type { Call, FakeVendor } from "./vendor.ts";

/** Where a vendor seems to be; its `settings` take this. */
export const VENDOR_URL = "https://vendor.test";

function callOf({ method, url, headers = {}, body }: VendorRequest): Call {
  assertBelow(url);
  const { host, pathname, searchParams } = new URL(url);
  const sent = new Headers({ ...headers, host });
  if (body !== undefined) sent.set("content-type", body.type);
  return { method, path: pathname, query: searchParams, headers: sent, body: body?.text ?? "" };
}

function assertBelow(url: string): void {
  if (!url.startsWith(`${VENDOR_URL}/`)) throw new Error(`asks somebody else: ${url}`);
}

export async function ask(vendor: FakeVendor, request: VendorRequest): Promise<VendorAnswer> {
  const { status, headers = {}, body } = await vendor.answer(callOf(request));
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { status, headers: Object.fromEntries(lower), json: parsed(body), text: body };
}
