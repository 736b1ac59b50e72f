/** A host with PAM and the server that it has joined, which sends its codes by a WeCom of ours. */
import { systemClock } from "../../lib/io/clock.ts";
import { joinedTo } from "./gate_offer.ts";
import type { HostToml } from "./gate.ts";
import { PamHost } from "./pam_host.ts";
import { BY_LINK, type GatehouseServer, startServer } from "./server.ts";
import { AGENTID, CORPID, FakeWecom, SECRET } from "./wecom.ts";

export interface PamPair extends AsyncDisposable {
  readonly host: PamHost;
  readonly server: GatehouseServer;
  readonly wecom: FakeWecom;
  /** host.toml's lines for that server. */
  readonly joined: HostToml;
}

/** @param lines for sshd_config, before all others @param toml more for server.toml */
export async function pamPair(lines: readonly string[] = [], toml = ""): Promise<PamPair> {
  const things = new AsyncDisposableStack();
  try {
    const host = things.use(await PamHost.start(lines));
    const wecom = things.use(new FakeWecom(systemClock));
    const server = things.use(
      await startServer(host.folder, {
        config: await host.folder.file("server.toml", serverToml(wecom) + toml, 0o600),
      }),
    );
    const joined = await joinedTo(server);
    await host.configure(joined);
    return { host, server, wecom, joined, [Symbol.asyncDispose]: () => things.disposeAsync() };
  } catch (error) {
    await things.disposeAsync();
    throw error;
  }
}

/** Resolves when nobody can decide that login any more, and nobody has. */
export async function loginLapses(server: GatehouseServer, login: string): Promise<void> {
  // The host and the server have clocks of their own, and either may be first.
  await server.logged(
    new RegExp(`^.*"message":"login (expired|cancelled)".*"login":"${login}".*$`, "m"),
  );
}

function serverToml(wecom: FakeWecom): string {
  return `${BY_LINK}[[notify]]
type = "wecom"
corpid = "${CORPID}"
agentid = ${AGENTID}
secret = "${SECRET}"
url = "${wecom.url}"
alerts = ["lisi"]
`;
}
