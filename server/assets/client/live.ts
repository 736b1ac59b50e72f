/**
 * A list that shows changes by itself: `data-live` names the stream of events, `data-list` where the
 * page is asked for anew, without keeping its session alive. Of the new page only this list is taken,
 * and of it only entries (`data-entry`) that have changed (`data-version`): so what somebody has opened,
 * typed or focused stays. What works and what does not, says the element `data-live-says` of that name.
 */

/** What is used of the browser. Not TypeScript's own "dom", see passkey.ts. */
interface Node {
  readonly dataset: Readonly<Record<string, string | undefined>>;
  hidden: boolean;
  textContent: string;
  tabIndex: number;
  contains(other: Node | null): boolean;
  replaceWith(other: Node): void;
  replaceChildren(...others: readonly Node[]): void;
  querySelector(selector: string): Node | null;
  querySelectorAll(selector: string): Iterable<Node>;
  readonly children: Iterable<Node>;
  focus(): void;
}
interface Page {
  readonly activeElement: Node | null;
  querySelector(selector: string): Node | null;
  querySelectorAll(selector: string): Iterable<Node>;
}
declare const document: Page;
declare const DOMParser: new () => { parseFromString(text: string, type: "text/html"): Page };
declare const EventSource: new (url: string) => {
  readonly readyState: number;
  close(): void;
  addEventListener(type: "open" | "error" | "changed" | "ended", heard: () => void): void;
};

type Saying = "live" | "notLive" | "ended";
const CLOSED = 2;

function say(saying: Saying): void {
  for (const element of document.querySelectorAll("[data-live-says]")) {
    element.hidden = element.dataset.liveSays !== saying;
  }
}

/** The new list's entries, in its order, but the old ones where nothing has changed. */
function merge(old: Node, fresh: Node): void {
  const entries = new Map<string, Node>();
  for (const entry of old.querySelectorAll("[data-entry]")) {
    entries.set(`${entry.dataset.entry} ${entry.dataset.version}`, entry);
  }
  for (const entry of [...fresh.querySelectorAll("[data-entry]")]) {
    const kept = entries.get(`${entry.dataset.entry} ${entry.dataset.version}`);
    if (kept === undefined) continue;
    const times = [...entry.querySelectorAll("time")];
    for (const [index, time] of [...kept.querySelectorAll("time")].entries()) {
      time.textContent = times[index]?.textContent ?? time.textContent;
    }
    entry.replaceWith(kept);
  }
}

function swap(list: Node, fresh: Node): void {
  const focused = document.activeElement;
  const within = focused !== null && list.contains(focused);
  merge(list, fresh);
  list.replaceChildren(...fresh.children);
  if (!within) return;
  // What is moved loses the focus; what is gone leaves it to the list's heading.
  if (focused !== null && list.contains(focused)) focused.focus();
  else {
    const heading = list.querySelector("h2");
    if (heading === null) return;
    heading.tabIndex = -1;
    heading.focus();
  }
}

async function refresh(list: Node): Promise<void> {
  const response = await fetch(list.dataset.list ?? "", { headers: { accept: "text/html" } });
  // Signed out meanwhile: that leads to another page.
  if (!response.ok || response.redirected) return say(response.ok ? "ended" : "notLive");
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("[data-live]");
  if (fresh !== null) swap(list, fresh);
  // Read out by screen readers, but only if it says something else now.
  const [was, is] = [document, page].map((one) => one.querySelector("[data-live-count]"));
  if (was && is && was.textContent !== is.textContent) was.textContent = is.textContent;
}

function follow(list: Node): void {
  let refreshing: Promise<void> | undefined;
  let again = false;
  const changed = () => {
    again = refreshing !== undefined;
    refreshing ??= refresh(list).catch(() => say("notLive")).finally(() => {
      refreshing = undefined;
      if (again) changed();
    });
  };
  const events = new EventSource(list.dataset.live ?? "");
  events.addEventListener("open", () => {
    say("live");
    // What changed while there was no connection, and since the page was made.
    changed();
  });
  events.addEventListener("changed", changed);
  events.addEventListener("ended", () => {
    events.close();
    say("ended");
  });
  events.addEventListener("error", () => {
    if (events.readyState === CLOSED) say("notLive");
  });
}

for (const list of document.querySelectorAll("[data-live]")) follow(list);
