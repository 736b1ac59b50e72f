/** The big sign of a result: seen before it is read. */

export type BadgeKind = "good" | "bad" | "calm" | "fault";

const PATHS: Record<BadgeKind, string> = {
  good: "M5 12.5l4.5 4.5L19 7.5",
  bad: "M6 6l12 12M18 6L6 18",
  calm: "M12 6v6l4 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z",
  fault: "M12 5v9M12 18.5v.5",
};

export function Badge({ kind }: { kind: BadgeKind }) {
  return (
    <div class={`badge ${kind === "fault" ? "calm" : kind}`}>
      <svg
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        stroke-width="2.25"
        stroke-linecap="round"
        stroke-linejoin="round"
        aria-hidden="true"
      >
        <path d={PATHS[kind]} />
      </svg>
    </div>
  );
}
