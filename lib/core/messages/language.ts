/** Which of our two languages a person reads. */
export type Language = "en" | "zh-CN";

/**
 * @param setting host.toml's
 * @param locale what the client sent as LC_ALL, LC_MESSAGES or LANG, for "auto"
 */
export function chooseLanguage(setting: "auto" | Language, locale: string | undefined): Language {
  if (setting !== "auto") return setting;
  return /^zh/i.test(locale ?? "") ? "zh-CN" : "en";
}
