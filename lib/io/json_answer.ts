/** The body of a server's answer, of which nothing is trusted, not even that it ends. */

/** Longer than any answer of the API but codes; a server that sends more is not one of ours. */
const MAX_ANSWER = 65_536;

export class UnusableAnswer extends Error {
  /** @param begun its beginning */
  constructor(readonly begun = "") {
    super();
  }
}
/** Of an answer that is too long, in characters. */
const BEGINNING = 1_024;

/** The body as JSON; undefined when it is none. @throws UnusableAnswer when it is too long */
export async function readJson(response: Response, longest = MAX_ANSWER): Promise<unknown> {
  const text = await readText(response, longest);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param longest in characters @throws UnusableAnswer when it is longer */
export async function readText(response: Response, longest: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > longest) throw new UnusableAnswer(text.slice(0, BEGINNING));
  }
  return text + decoder.decode();
}
