/** Templates of text messages that a vendor has approved, and what it says against what is filled in. */
import { foundLinks } from "./links.ts";
import type { Arrived } from "./vendor.ts";

export interface Template {
  /** A code of digits alone. */
  readonly isCode: boolean;
  /** With `${…}` where variables are. */
  readonly text: string;
}

export const TEMPLATES: Readonly<Record<string, Template>> = {
  "1001": { isCode: true, text: "您的登录验证码是${code}，60秒内有效，请勿告诉他人。" },
  "1002": {
    isCode: false,
    text: "以${user}登录${host}，请批准或拒绝：https://auth.example.com/a/${ticket}",
  },
  "1003": { isCode: false, text: "服务器提醒：${title}。" },
};

export const TEMPLATE_SETTINGS = {
  request_variables: ["user", "host", "ticket"],
  alert_variables: ["title"],
} as const;

export function variablesOf({ text }: Template): string[] {
  return [...text.matchAll(/\$\{([a-z]+)\}/g)].map(([, name = ""]) => name);
}

export function isAddress(value: string): boolean {
  return foundLinks(value).length > 0;
}

/** What a phone shows, and makes links of. */
export function arrivedSms(
  template: Template,
  signName: string,
  to: string,
  values: Readonly<Record<string, string>>,
): Arrived {
  const text = template.text.replace(/\$\{([a-z]+)\}/g, (_, name: string) => values[name] ?? "");
  const shown = `【${signName}】${text}`;
  return {
    to,
    text: shown,
    links: foundLinks(shown),
    mentions: [],
    buttons: [],
    replaces: null,
  };
}
