/** The person at the phone: reads link and number, and clicks Approve. */

/** Link and number; on a terminal the number stands bold (1m) and reversed (7m). */
export const LINK = /https?:\/\/[\w.:/-]+[\s\S]*?number(?:\W|[17]m)*(\d\d)/;
/** The link of a client that shows no number. */
export const PLAIN_LINK = /https?:\/\/\S+\/approve\?token=\S+/;

/** A click on the approval page. */
export async function approve(shown: string): Promise<void> {
  const url = /https?:\/\/[\w.:/-]+/.exec(shown)?.[0] ?? "";
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
