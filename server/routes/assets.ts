/** Our own scripts. Their names change with what is in them, so browsers may keep them for ever. */
import { LIVE_SCRIPT } from "../assets/live_script.ts";
import { PASSKEY_SCRIPT } from "../assets/passkey_script.ts";
import { type App, resource } from "../http.ts";

const SCRIPTS = [PASSKEY_SCRIPT, LIVE_SCRIPT];
const HEADERS = {
  "content-type": "text/javascript; charset=utf-8",
  "cache-control": "public, max-age=31536000, immutable",
};

export function assetRoutes(app: App): void {
  for (const { path, body } of SCRIPTS) {
    resource(app, path, { GET: (c) => c.body(body, 200, HEADERS) }, { head: true });
  }
}
