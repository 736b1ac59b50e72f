import { deepEqual } from "node:assert/strict";
import fc from "fast-check";
import { readAgent } from "../../lib/core/user_agent.ts";

const MOZILLA = "Mozilla/5.0";
const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";
const KNOWN = [
  [`${MOZILLA} (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605 Safari/604`, "iPhone"],
  [`${MOZILLA} (iPad; CPU OS 16_6 like Mac OS X) CriOS/138.0 Safari/604.1`, "iPad"],
  [`${MOZILLA} (Linux; Android 10; K) ${WEBKIT} Chrome/138.0.0.0 Mobile Safari/537.36`, "Android"],
  [
    `${MOZILLA} (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/138.0 Safari/537.36 Edg/138.0`,
    "Edge on Windows",
  ],
  [`${MOZILLA} (Windows NT 10.0; Win64) ${WEBKIT} Chrome/138.0 Safari/537.36`, "Chrome on Windows"],
  [`${MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15`, "Safari on Mac"],
  [`${MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`, "Firefox on Linux"],
  [
    `${MOZILLA} (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/138.0 Safari/537.36`,
    "Chrome on ChromeOS",
  ],
  [
    `${MOZILLA} (X11; Linux x86_64) ${WEBKIT} Chrome/137.0 Safari/537.36 OPR/121.0`,
    "Opera on Linux",
  ],
  ["Something (Windows NT 10.0)", "undefined on Windows"],
] as const;

for (const [header, name] of KNOWN) {
  Deno.test(`readAgent() knows ${name}`, () => {
    const [first = "", second] = name.split(" on ");
    const browser = second === undefined || first === "undefined" ? undefined : first;
    deepEqual(readAgent(header), { browser, system: second ?? first });
  });
}

Deno.test("readAgent() makes nothing of what it does not know", () => {
  for (const header of [undefined, "", "curl/8.5.0", "Linuxoid Windows"]) {
    deepEqual(readAgent(header), undefined);
  }
});

Deno.test("readAgent() says nothing but its own words, whatever the header", () => {
  const words =
    /^(iPhone|iPad|Android|Windows|Mac|ChromeOS|Linux|Edge|Opera|Firefox|Chrome|Safari)$/;
  fc.assert(fc.property(fc.string({ unit: "binary" }), (noise) => {
    for (const header of [noise, `Linux ${noise} Firefox/1`]) {
      const said = Object.values(readAgent(header) ?? {}).filter((word) => word !== undefined);
      deepEqual(said.filter((word) => !words.test(String(word))), []);
    }
  }));
});
