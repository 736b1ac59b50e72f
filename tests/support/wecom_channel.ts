/** The channel of a WeCom application, opened as a process of the server opens it. */
import { ChannelToken } from "../../lib/io/channel_token.ts";
import { systemRandom } from "../../lib/io/random.ts";
import { VendorNotifier, type VendorPorts } from "../../lib/io/vendor_notifier.ts";
import { SENDING_LIMITS } from "../../lib/io/vendor_sender.ts";
import { wecom } from "../../lib/notify/wecom.ts";
import type { Sealer } from "../../lib/ports.ts";
import { opened } from "./vendors/opened.ts";
import type { Settings } from "./vendors/vendor.ts";
import { AGENTID, CORPID, SECRET } from "./vendors/wecom_cloud.ts";

/** @param data the server's data directory */
export function openWecom(
  settings: Settings,
  data: string,
  ports: Pick<VendorPorts, "clock" | "after"> & { readonly sealer: Sealer },
  limits = SENDING_LIMITS,
): VendorNotifier {
  const app = { corpid: CORPID, secret: SECRET, agentid: AGENTID, ...settings };
  const { contactKey, isContact, reach, type } = wecom;
  return VendorNotifier.open(
    {
      name: "wecom",
      type,
      reach,
      sends: new Set(["request", "pin", "alert"]),
      answers: false,
      isContact,
      contactKey,
      language: "en",
      timeZone: "UTC",
      proxy: null,
      dialect: opened(wecom, app),
    },
    {
      ...ports,
      random: systemRandom,
      tokens: new ChannelToken("wecom", data, ports),
      log: () => {},
    },
    limits,
  );
}
