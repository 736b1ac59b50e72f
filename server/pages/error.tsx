/** The page for everything that went wrong. */
import type { ErrorKey, PageMessages } from "../messages/page.ts";
import { Badge } from "./badge.tsx";
import type { PageContent } from "./layout.tsx";
import { Row } from "./parts.tsx";

/** @param reference finds the entry in the server's log */
export function errorPage(
  messages: PageMessages,
  key: ErrorKey,
  reference: string | undefined,
): PageContent {
  const said = messages.errors[key];
  const body = (
    <section class="card result">
      <Badge kind="fault" />
      <h1>{said.title}</h1>
      <p>{said.text}</p>
      {reference !== undefined && (
        <dl>
          <Row name={messages.reference}>
            <code>{reference}</code>
          </Row>
        </dl>
      )}
    </section>
  );
  return { title: said.title, body };
}
