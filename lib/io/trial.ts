/**
 * Evidence for install.sh, while it has a change on trial, that somebody has passed the factor. Its folder
 * is one that every account may write into and only root may list, for the gate runs as the account.
 */

const TRIAL = "/run/gatehouse";

/**
 * Nothing happens where nothing is on trial: that costs one look at a file that is not there. Never
 * throws: no login fails because of it.
 * @param name asked for only when something is on trial; undefined: leave nothing
 */
export function leaveEvidence(name: () => string | undefined, folder = TRIAL): void {
  try {
    const { isFile, uid } = Deno.lstatSync(`${folder}/trial`);
    if (!isFile || uid !== 0) return;
    const file = name();
    if (file === undefined) return;
    Deno.openSync(`${folder}/passed/${file}`, { createNew: true, write: true, mode: 0o600 })
      .close();
  } catch {
    // There is no trial, or it has just ended.
  }
}
