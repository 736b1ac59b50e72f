/** Whom the login flow talks to: somebody who can type, or somebody who may be able to read. */
import { describeAttempt } from "../../core/attempt.ts";
import { codeInItsPlace, isFakeAnswer } from "../../core/fake_answer.ts";
import { pamMessages } from "../../core/messages/pam.ts";
import { pamExecTalk } from "../../io/pam_exec_talk.ts";
import { pamTalk } from "../../io/pam_talk.ts";
import { hostName } from "../../io/surroundings.ts";
import { syslog } from "../../io/syslog.ts";
import type { Conversation, PinConversation } from "../../login/doors.ts";
import { loadJudge } from "./codes.ts";
import type { PamLogin } from "./login.ts";
import type { Words } from "./words.ts";

/** @param streams texts are shown at once, not only with the next prompt */
export function openTalk(
  login: PamLogin,
  { messages, lastWords }: Words,
  streams: boolean,
): PinConversation {
  const { config, items, options, attempt, front } = login;
  if (front.channel === undefined) return unasked(pamExecTalk(messages));
  const talk = pamTalk(front.channel, messages, {
    words: pamMessages(config.language, items.locale),
    lastWords,
    streams,
    echo: options.echo,
    codePrompt: options.prompt,
    drawQr: options.qr ? drawQr : undefined,
    whereto: () => ({ account: attempt.user, host: config.host ?? hostName() }),
  });
  return options.firstPass === "use" ? unasked(talk) : asTyped(talk, login);
}

async function drawQr(text: string, border: number): Promise<string> {
  return (await import("../../io/qr.ts")).paintQr(text, "PLAIN", border).lines.join("\n");
}

/** Of an answer that sshd has replaced, what the person most likely typed. */
export function typedAnswer({ inVain, attempt }: PamLogin, line: string): string {
  if (!isFakeAnswer(line)) return line;
  if (inVain !== undefined) return codeInItsPlace(line);
  syslog("warning", `replaced by sshd ${describeAttempt(attempt)} why="see PermitRootLogin"`);
  return line;
}

function asTyped(talk: PinConversation, login: PamLogin): PinConversation {
  return {
    interactive: talk.interactive,
    offer: (...request) => talk.offer(...request),
    offerPin: (...offer) => talk.offerPin(...offer),
    askCode(timeoutMs) {
      talk.askCode(timeoutMs);
      loadJudge();
    },
    async readCode(signal) {
      const line = await talk.readCode(signal);
      return line === undefined ? undefined : typedAnswer(login, line);
    },
    tell: (text) => talk.tell(text),
    close: () => talk.close(),
    hungUp: talk.hungUp,
  };
}

/** Nothing is asked: what has come along must do. */
function unasked(talk: Conversation): PinConversation {
  return {
    interactive: false,
    offer: (request, timeoutMs) => talk.offer(request, timeoutMs, false),
    offerPin() {},
    askCode() {},
    readCode: () => new Promise(() => {}),
    tell: (text) => talk.tell(text),
    close: () => talk.close(),
    hungUp: talk.hungUp,
  };
}
