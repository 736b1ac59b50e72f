/** Above the page of somebody who is signed in: who one is, the way out, where to go. */
import { printable } from "../../lib/core/text.ts";
import { frameMessages } from "../messages/frame.ts";
import type { Language } from "../messages/language.ts";
import { ADMIN, MY_DEVICES, MY_GRANTS, MY_LOGINS, SIGN_OUT } from "../paths.ts";

/** Longer ones would push the way out off a phone's screen. */
const NAME_SHOWN = 32;

export interface NavView {
  readonly language: Language;
  /** Before every path, as browsers see it. */
  readonly prefix: string;
  /** The path of this page. */
  readonly at: string;
  readonly person: { readonly name: string; readonly administrator: boolean };
}

export function Nav({ language, prefix, at, person }: NavView) {
  const m = frameMessages(language);
  const own = [[MY_LOGINS, m.logins], [MY_GRANTS, m.grants], [MY_DEVICES, m.devices]] as const;
  const administration = [
    ["persons", m.persons],
    ["hosts", m.hosts],
    ["logins", m.allLogins],
    ["grants", m.allGrants],
    ["freezes", m.freezes],
    ["channels", m.channels],
    ["audit", m.audit],
  ].map(([name = "", said = ""]) => [`${ADMIN}/${name}`, said] as const);
  const items = (links: readonly (readonly [string, string])[]) =>
    links.map(([path, said]) => {
      const here = at === path || at.startsWith(`${path}/`);
      return (
        <li key={path}>
          <a href={`${prefix}${path}`} {...(here ? { "aria-current": "page" } : {})}>{said}</a>
        </li>
      );
    });
  return (
    <div class="nav">
      <nav aria-label={m.pages}>
        <ul>{items(own)}</ul>
      </nav>
      {person.administrator && (
        <nav aria-label={m.administration}>
          <ul>{items(administration)}</ul>
        </nav>
      )}
    </div>
  );
}

export function Me({ language, prefix, person }: Omit<NavView, "at">) {
  const m = frameMessages(language);
  return (
    <form method="post" action={`${prefix}${SIGN_OUT}`} class="me" aria-label={m.signedInAs}>
      <span>
        <span class="as">{m.signedInAs}</span> <b>{printable(person.name, NAME_SHOWN)}</b>
      </span>
      <button type="submit" class="quiet">{m.signOut}</button>
    </form>
  );
}
