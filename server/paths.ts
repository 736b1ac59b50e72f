/** Which addresses there are for people. */

export const PAGE_PATH = "/l";
export const INVITATION_PATH = "/i";
export const SIGN_IN = "/sign-in";
export const SIGN_OUT = "/sign-out";
export const MY_LOGINS = "/logins";
/** Events for the page of one's logins, the page anew without keeping its session, and "not me". */
export const LIVE_EVENTS = `${MY_LOGINS}/events`;
export const LIVE_LIST = `${MY_LOGINS}/list`;
export const NOT_ME = `${MY_LOGINS}/not-me`;
export const MY_GRANTS = "/grants";
export const MY_DEVICES = "/devices";
/** One's own frozen accounts. */
export const FROZEN = "/frozen";
/** What vendors send to us, below it by the channel's name. */
export const CALLBACK_PATH = "/callback";
export const ADMIN = "/admin";
export const ADMIN_PERSONS = `${ADMIN}/persons`;
export const ADMIN_HOSTS = `${ADMIN}/hosts`;
export const ADMIN_LOGINS = `${ADMIN}/logins`;
export const ADMIN_GRANTS = `${ADMIN}/grants`;
export const ADMIN_FREEZES = `${ADMIN}/freezes`;
export const ADMIN_CHANNELS = `${ADMIN}/channels`;
export const ADMIN_AUDIT = `${ADMIN}/audit`;

/** SSH2FA's, which show the approval page. */
const OTHER_NAMES = ["/approve", "/reject"];
const ROOTS = [
  ...[
    PAGE_PATH,
    INVITATION_PATH,
    SIGN_IN,
    SIGN_OUT,
    MY_LOGINS,
    MY_GRANTS,
    MY_DEVICES,
    FROZEN,
    ADMIN,
  ],
  ...OTHER_NAMES,
];

/** Addresses of pages, and of what their forms send. */
export function isPagePath(path: string): boolean {
  return path === "/" || ROOTS.some((root) => path === root || path.startsWith(`${root}/`));
}

/** Addresses of the approval page. */
export function isRequestPath(path: string): boolean {
  return path.startsWith(`${PAGE_PATH}/`) || OTHER_NAMES.includes(path);
}

/** What comes before our paths as browsers see them: the public address may have a path of its own. */
export function prefixOf(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/$/, "");
}

const RETURNS =
  /^\/(?:(?:logins|grants|devices(?:\/[a-z-]{1,32})?|frozen)|admin\/[a-z]+(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,63})?|l\/[A-Za-z0-9_-]{1,64})$/;

/**
 * Where to go after signing in: one of our own pages and nothing else, or whoever sends a link could
 * lead people elsewhere from our address.
 */
export function returnPath(wanted: string | undefined): string {
  return wanted !== undefined && RETURNS.test(wanted) ? wanted : MY_LOGINS;
}
