/** Whether people can be reached. */
import { printable } from "../../lib/core/text.ts";
import type { ChannelHealth, ChannelsHealth } from "../channel_health.ts";
import { ADMIN_CHANNELS, ADMIN_PERSONS } from "../paths.ts";
import { type BoardView, DoneNote, shown, When, WhenFresh } from "./board_parts.tsx";
import { BOARD_STYLE } from "./board_style.ts";
import { namesOf, sorts } from "./contact_list.tsx";
import type { PageContent } from "./layout.tsx";
import { Row } from "./parts.tsx";

/** So many persons are named. */
const NAMED = 20;

/** A test that did not arrive. */
export interface TestFailure {
  /** The channel's name. */
  readonly name: string;
  /** Undefined: whoever asked has no contact there. */
  readonly failure: { readonly detail: string; readonly hint: string } | undefined;
}

interface ChannelsView extends BoardView, ChannelsHealth {
  readonly failed?: TestFailure | undefined;
}

export function channelsPage(view: ChannelsView): PageContent {
  const { messages, channels, untold } = view;
  const m = messages.channels;
  const body = (
    <>
      <h1>{m.title}</h1>
      <DoneNote view={view} />
      {channels.length > 0 && <WhenFresh view={view} text={m.freshForTest} />}
      {channels.length === 0
        ? (
          <section class="card">
            <p>{m.none}</p>
          </section>
        )
        : untold > 0 && <p class="error">{m.untold(untold)}</p>}
      <div class="pictures">
        {channels.map((channel) => <Channel channel={channel} view={view} key={channel.name} />)}
      </div>
    </>
  );
  return { title: m.title, body, wide: true, styles: [BOARD_STYLE] };
}

function Channel({ channel, view }: { channel: ChannelHealth; view: ChannelsView }) {
  const { messages, failed } = view;
  const m = messages.channels;
  const { name, type, sends, answers, lastSentAt, lastFailure, leftAloneUntil, shared } = channel;
  const state = lastFailure !== null && lastFailure.at >= (lastSentAt ?? 0)
    ? "failing"
    : lastSentAt === null
    ? "untried"
    : "working";
  // Then its hint is said above all else.
  const isTest = failed?.name === name && failed.failure !== undefined;
  const tone = { failing: "tag bad", untried: "tag", working: "tag good" }[state];
  return (
    <section class="card">
      <div class="head">
        <h2>{printable(name)}</h2>
        <span class={tone}>{m[state]}</span>
      </div>
      {failed?.name === name && <Failed failed={failed} view={view} />}
      <dl>
        <Row name={m.type}>{printable(type)} · {m.reach[audienceOf(channel)]}</Row>
        <Row name={m.language}>{messages.persons.languages[channel.language]}</Row>
        <Row name={m.sends}>{sorts(sends, messages.language)}</Row>
        {answers && <Row name={m.buttons}>{m.buttonsText}</Row>}
        <Row name={m.lastSent}>
          {lastSentAt === null ? m.notSinceStart : <When at={lastSentAt} view={view} />}
        </Row>
        <Row name={m.lastFailure}>
          {lastFailure === null ? m.notSinceStart : (
            <>
              <When at={lastFailure.at} view={view} />
              <div lang="en">{printable(lastFailure.detail)}</div>
            </>
          )}
        </Row>
        {state === "failing" && lastFailure !== null && !isTest && (
          <Row name={m.hint}>
            <span lang="en">{printable(lastFailure.hint)}</span>
          </Row>
        )}
        {leftAloneUntil !== null && (
          <Row name={m.leftAlone}>
            <When at={leftAloneUntil} view={view} />
          </Row>
        )}
        <Row name={m.reaches}>
          <Reached channel={channel} view={view} />
        </Row>
        {shared.length > 0 && (
          <Row name={m.shared}>
            {shared.map(({ to, persons }) => (
              <div class="cut" key={to}>
                {m.sharedText(namesOf(persons, messages.language), printable(to, 80))}
              </div>
            ))}
          </Row>
        )}
      </dl>
      <Test channel={channel} view={view} />
    </section>
  );
}

/** A program is told, not a group of people. */
function audienceOf({ type, reach }: ChannelHealth): "person" | "group" | "program" {
  return type === "webhook" || type === "command" ? "program" : reach;
}

function Reached({ channel, view }: { channel: ChannelHealth; view: ChannelsView }) {
  const { messages: { channels: m }, prefix } = view;
  const { persons, named } = channel;
  const audience = audienceOf(channel);
  const more = persons.length - NAMED;
  if (persons.length === 0 && named === 0) return <>{m.nobody[audience]}</>;
  return (
    <>
      {audience !== "person" && persons.length > 0 && m.withContacts[audience]}
      {persons.length > 0 && (
        <ul class="people">
          {persons.slice(0, NAMED).map(({ id, name }) => (
            <li key={id}>
              <a href={`${prefix}${ADMIN_PERSONS}/${id}`}>{shown(name)}</a>
            </li>
          ))}
          {more > 0 && <li>{m.others(more)}</li>}
        </ul>
      )}
      {named > 0 && m.named(named)}
    </>
  );
}

/** To whoever presses the button, or to the group. */
function Test({ channel, view }: { channel: ChannelHealth; view: ChannelsView }) {
  const { messages: { channels: m }, prefix, me } = view;
  const { name, reach, persons } = channel;
  if (!view.fresh) return null;
  if (reach === "person" && !persons.some(({ id }) => id === me.id)) {
    return <p class="note">{m.noTest}</p>;
  }
  return (
    <form method="post" action={`${prefix}${ADMIN_CHANNELS}/${name}/test`} class="row">
      <button class="no small" type="submit">
        {m.test[audienceOf(channel)]}
        <span class="unseen">{printable(name)}</span>
      </button>
    </form>
  );
}

function Failed({ failed: { failure }, view }: { failed: TestFailure; view: ChannelsView }) {
  const { messages: { channels: m } } = view;
  return (
    <p class="error" role="alert">
      {failure === undefined ? m.noTest : (
        <>
          {m.testFailed}
          <br />
          <span lang="en">{printable(failure.detail)}; {printable(failure.hint)}</span>
        </>
      )}
    </p>
  );
}
