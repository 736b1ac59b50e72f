/** Whether a page can be used by everybody, as far as a program can tell: axe-core in the browser. */
import axe from "axe-core";
import type { Page } from "playwright-core";

/** One line a fault: the rule, what it says, and where. Empty: none found. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // By the debugger, which the page's Content-Security-Policy does not bind.
  if (!await page.evaluate<boolean>("'axe' in globalThis")) await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{ violations: readonly Violation[] }>(
    "axe.run({ resultTypes: ['violations'] })",
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target }) => `${id}: ${help}: ${target.join(" ")}`)
  );
}

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}
