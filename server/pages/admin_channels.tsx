/** Whether people can be reached. */
import { printable } from "../../lib/core/text.ts";
import type { ChannelHealth } from "../channel_health.ts";
import { type BoardView, When } from "./board_parts.tsx";
import { BOARD_STYLE } from "./board_style.ts";
import type { PageContent } from "./layout.tsx";
import { Row } from "./parts.tsx";

export function channelsPage(
  view: BoardView & { readonly channels: readonly ChannelHealth[] },
): PageContent {
  const { messages, channels } = view;
  const m = messages.channels;
  const body = (
    <>
      <h1>{m.title}</h1>
      {channels.length === 0 && (
        <section class="card">
          <p>{m.none}</p>
        </section>
      )}
      {channels.map((channel) => <Channel channel={channel} view={view} key={channel.name} />)}
    </>
  );
  return { title: m.title, body, wide: true, styles: [BOARD_STYLE] };
}

function Channel({ channel, view }: { channel: ChannelHealth; view: BoardView }) {
  const { messages } = view;
  const m = messages.channels;
  const { name, lastSentAt, lastFailure, untold } = channel;
  const state = lastFailure !== null && lastFailure.at >= (lastSentAt ?? 0)
    ? "failing"
    : lastSentAt === null
    ? "untried"
    : "working";
  const tone = { failing: "tag bad", untried: "tag", working: "tag good" }[state];
  return (
    <section class="card">
      <div class="head">
        <h2>{printable(name)}</h2>
        <span class={tone}>{m[state]}</span>
      </div>
      <dl>
        <Row name={m.lastSent}>
          {lastSentAt === null ? m.notSinceStart : <When at={lastSentAt} view={view} />}
        </Row>
        <Row name={m.lastFailure}>
          {lastFailure === null ? m.notSinceStart : (
            <>
              <When at={lastFailure.at} view={view} />:{" "}
              <span lang="en">{printable(lastFailure.detail)}</span>
            </>
          )}
        </Row>
        {state === "failing" && lastFailure !== null && (
          <Row name={m.hint}>
            <span lang="en">{printable(lastFailure.hint)}</span>
          </Row>
        )}
        <Row name={m.untold}>{untold}</Row>
      </dl>
    </section>
  );
}
