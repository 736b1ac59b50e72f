/** For load balancers and Prometheus. */
import { inNetwork } from "../../lib/core/cidr.ts";
import { Fault } from "../faults.ts";
import { type App, type Parts, resource } from "../http.ts";

export function opsRoutes(app: App, { deps, config, metrics }: Parts): void {
  resource(app, "/healthz", { GET: (c) => c.text("ok\n") }, { head: true });

  resource(app, "/readyz", {
    GET: async (c) => {
      await deps.store.probe();
      return c.text("ready\n");
    },
  }, { head: true });

  resource(app, "/metrics", {
    GET: (c) => {
      const source = c.get("source");
      if (!config.metricsAllow.some((network) => inNetwork(source, network))) {
        throw new Fault(403, "this address may not read the metrics");
      }
      return c.body(metrics.text(), 200, { "content-type": "text/plain; version=0.0.4" });
    },
  }, { head: true });
}
