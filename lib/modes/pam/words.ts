/** In which words a login talks: as host.toml says, and as can be shown. */
import { hostMessages } from "../../core/messages/host.ts";
import { chooseLanguage, type Language } from "../../core/messages/language.ts";
import type { Doors } from "../../login/doors.ts";
import type { PamLogin } from "./login.ts";

export type Words = Pick<Doors, "messages" | "lastWords">;

/**
 * Of what is typed in the name of nobody sshd leaves only the length, so that a code with a blank in it
 * cannot be known for one: then nobody's is. One remark for both does not tell who exists.
 */
export function wordsFor(login: PamLogin, streams: boolean): Words {
  const { config, items, front } = login;
  const words = (language: "auto" | Language) => {
    const messages = hostMessages(language, items.locale);
    if (items.sshConnection === undefined) return messages;
    return { ...messages, malformedCode: messages.wrongCode };
  };
  const lastWords = words(lastLanguage(login, streams));
  // What pam_exec shows comes with the verdict, all of it.
  const messages = front.channel === undefined ? lastWords : words(config.language);
  return { messages, lastWords };
}

/**
 * What sshd before OpenSSH 10.3 holds back until the verdict its client logs (sshconnect2.c,
 * input_userauth_info_req), and there all but ASCII becomes octal numbers; prompts are shown as they are.
 */
export function lastLanguage({ config, items }: PamLogin, streams: boolean): Language {
  return streams ? chooseLanguage(config.language, items.locale) : "en";
}
