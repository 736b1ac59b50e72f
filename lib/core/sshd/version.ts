/** Which version of OpenSSH it is, and what that means. */

export interface Version {
  readonly major: number;
  readonly minor: number;
}

export function readVersion(text: string): Version | undefined {
  const [, major, minor] = /OpenSSH_(\d{1,3})\.(\d{1,3})/.exec(text) ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

export function isBefore(version: Version, major: number, minor: number): boolean {
  return version.major < major || (version.major === major && version.minor < minor);
}

/** Since then sshd shows what PAM says when it is said, not with the next prompt (its bug 2876). */
const STREAMS_SINCE = [10, 3] as const;
/** Its lists of other versions with faults hold "OpenSSH_7.4*" and "OpenSSH_2.*". */
const OWN_VERSION = /OpenSSH_\d{1,3}\.\d{1,3}[^\d.*]/;

/**
 * Whether the sshd whose version that is shows PAM's texts at once.
 * @param text of its program; undefined when it names no version
 */
export function showsAtOnce(text: string): boolean | undefined {
  const version = readVersion(OWN_VERSION.exec(text)?.[0] ?? "");
  return version && !isBefore(version, ...STREAMS_SINCE);
}
