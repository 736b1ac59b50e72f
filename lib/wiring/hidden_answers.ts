/** Questions whose answers are secret. */
import { Exit, Failure } from "../core/errors.ts";
import { openDialog } from "../io/dialog.ts";
import { TerminalSettings } from "../io/termios.ts";

/**
 * Nothing of what is typed is seen. Through a pipe each answer is a line.
 * @throws Failure (77) where there is none
 */
export async function hidden<T>(
  talk: (ask: (prompt: string) => Promise<string>) => Promise<T>,
): Promise<T> {
  const dialog = openDialog({ output: "stderr", ownScreen: false });
  const settings = new TerminalSettings();
  settings.hideTyping(false);
  try {
    return await talk(async (prompt) => {
      const line = await dialog.ask(prompt);
      if (line === undefined) {
        throw new Failure(Exit.denied, "nothing was typed", "run it again to begin anew");
      }
      if (dialog.interactive) dialog.print(""); // Enter was not echoed either
      return line;
    });
  } finally {
    settings.restore();
    dialog.close();
  }
}
