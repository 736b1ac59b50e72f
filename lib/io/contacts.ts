/** Where an account's person can be reached, as this host knows it. */
import type { HostConfig } from "../config/host.ts";
import { contactsFromGecos } from "../core/contact.ts";
import { Exit, Failure } from "../core/errors.ts";
import { usersNameThemselves } from "../core/login_defs.ts";
import type { HostMessages } from "../core/messages/host.ts";
import { printable } from "../core/text.ts";

interface Whose {
  readonly name: string;
  readonly gecos: string;
}

/**
 * @param loginDefs what says whether users may change their own full name
 * @returns none where the server knows @throws Failure (77) when nobody can be reached
 */
export function contactsOf(
  { contact, contacts }: Pick<HostConfig, "contact" | "contacts">,
  account: Whose,
  messages: HostMessages,
  loginDefs = "/etc/login.defs",
): readonly string[] {
  const named = contacts.get(account.name);
  if (named !== undefined) return named;
  if (contact === "server") return [];
  const none = (reason: string) =>
    new Failure(Exit.denied, messages.noCodeCanBeSent, messages.askAdministrator, reason);
  const why = whyNotGecos(loginDefs);
  if (why !== undefined) throw none(`contact = "gecos" cannot be trusted: ${why}`);
  const found = contactsFromGecos(account.gecos);
  if (found.length > 0) return found;
  throw none("the first field of the account's GECOS names no contact");
}

/** Who changes the contact gets the code. */
function whyNotGecos(loginDefs: string): string | undefined {
  // Where there is libeconf(3), the files beside it say more.
  for (const file of [loginDefs, ...filesIn(`${loginDefs}.d`)]) {
    let text;
    try {
      text = Deno.readTextFileSync(file);
    } catch {
      return `${printable(file)} cannot be read`;
    }
    if (usersNameThemselves(text)) {
      return `${printable(file)} lets users change their own full name (CHFN_RESTRICT)`;
    }
  }
  return undefined;
}

function filesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => `${folder}/${name}`);
  } catch (error) {
    // Whatever it is, it must not be passed over.
    return error instanceof Deno.errors.NotFound ? [] : [folder];
  }
}
