/** Which addresses are for people. */

export const PAGE_PATH = "/l";

/** Addresses of the approval page, SSH2FA's among them. */
export function isPagePath(path: string): boolean {
  return path.startsWith(`${PAGE_PATH}/`) || path === "/approve" || path === "/reject";
}
