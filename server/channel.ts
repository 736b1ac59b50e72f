/** A message on its way to one contact; whatever happens comes back as a delivery. */
import type { Delivery, Notification } from "../lib/core/notification.ts";
import type { Notifier } from "../lib/ports.ts";

/** Never rejects. */
export async function deliver(
  channel: Notifier,
  message: Notification,
  to: string,
): Promise<Delivery> {
  try {
    return await channel.send(message, to);
  } catch {
    return {
      ok: false,
      why: "unavailable",
      detail: "the channel's own files cannot be used",
      hint: "check free space and modes of the data directory",
      mayArrive: false,
    };
  }
}
