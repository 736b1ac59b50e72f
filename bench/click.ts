/** The person at the phone: reads link and number, and clicks Approve. */

/** Link and number, as the gate or a reference shows them, with or without a terminal. */
export const LINK = /https?:\/\/[^\s\x1b]+[\s\S]*?number[\s\x1b[0-9;m]*?\b(\d\d)\b/;
/** The link of a client that shows no number. */
export const PLAIN_LINK = /https?:\/\/\S+\/approve\?token=\S+/;

/** A click on the approval page. */
export async function approve(shown: string): Promise<void> {
  const url = /https?:\/\/[^\s\x1b]+/.exec(shown)?.[0] ?? "";
  const [, match] = LINK.exec(shown) ?? [];
  const response = await fetch(`${url}/approve`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: new URL(url).origin },
    body: JSON.stringify({ match }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`approving failed: ${response.status} ${text}`);
}

/** Opening SSH2FA's link, or that of the bare long poll. */
export async function open(link: string): Promise<void> {
  await (await fetch(link)).text();
}
