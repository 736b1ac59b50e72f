/** The channels of server.toml, opened: each by the adapter that its dialect wants. */
import { typeOfChannel } from "../config/notify.ts";
import { ChannelToken } from "../io/channel_token.ts";
import { CommandNotifier } from "../io/command_notifier.ts";
import { MailNotifier } from "../io/mail_notifier.ts";
import type { ReadyChannel } from "../io/channel_secrets.ts";
import { trustSystemRoots } from "../io/tls_roots.ts";
import { VendorNotifier, type VendorPorts } from "../io/vendor_notifier.ts";
import type { Notifier, Sealer } from "../ports.ts";

export interface ChannelPorts extends Omit<VendorPorts, "tokens"> {
  readonly sealer: Sealer;
}

interface OpenChannels extends AsyncDisposable {
  /** In the order of server.toml. */
  readonly notifiers: readonly Notifier[];
}

/**
 * @param data the server's data directory
 * @throws Failure (78) when a program is not to be trusted
 */
export function openChannels(
  channels: readonly ReadyChannel[],
  data: string,
  ports: ChannelPorts,
): OpenChannels {
  if (channels.length > 0) trustSystemRoots();
  const notifiers = channels.map((channel) => openChannel(channel, data, ports));
  return {
    notifiers,
    async [Symbol.asyncDispose]() {
      await Promise.all(
        notifiers.map(async (notifier) => {
          if (Symbol.asyncDispose in notifier) await notifier[Symbol.asyncDispose]();
        }),
      );
    },
  };
}

function openChannel(
  channel: ReadyChannel,
  data: string,
  ports: ChannelPorts,
): MailNotifier | CommandNotifier | VendorNotifier {
  const { name, buttons, language, proxy } = channel;
  const type = typeOfChannel(channel.type);
  if (type === undefined) throw new Error(`no type of channel is called ${channel.type}`);
  const dialect = type.open(channel.whole, { buttons });
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const common = {
    name,
    type: type.type,
    reach: type.reach,
    sends: new Set(channel.sends),
    isContact: type.isContact,
    contactKey: type.contactKey,
    secretContacts: type.secretContacts ?? false,
    reachesAnyone: type.reachesAnyone ?? false,
    changesRing: type.changesRing ?? false,
    language,
    timeZone,
  };
  switch (dialect.via) {
    case "http": {
      const tokens = new ChannelToken(name, data, ports);
      const answers = type.answers && buttons;
      return VendorNotifier.open({ ...common, answers, proxy, dialect }, { ...ports, tokens });
    }
    case "smtp":
      return new MailNotifier({ ...common, proxy, dialect }, ports);
    case "command":
      return CommandNotifier.open({ ...common, dialect }, ports);
  }
}
