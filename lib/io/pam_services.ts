/** What /etc/pam.d says of us. */

/** Lines go on after a backslash; what follows a # is a remark (pam.d(5)). */
const CONTINUED = /\\\n/g;
const OURS = /^[^#\n]*\bpam_gatehouse\.so\b[^#\n]*/gm;

/**
 * Whether some service has our module look for codes where that host.toml says.
 * @param otherwise the host.toml of lines that name none
 */
export function pamReads(config: string, otherwise: string, folder = "/etc/pam.d"): boolean {
  return services(folder).flatMap((text) => text.match(OURS) ?? []).some((line) => {
    const named = /\bconfig=([^\s\]]+)/.exec(line)?.[1] ?? otherwise;
    return named === config && !/\bsecret=/.test(line);
  });
}

function services(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => textOf(`${folder}/${name}`));
  } catch {
    return []; // a machine without PAM
  }
}

function textOf(path: string): string {
  try {
    return Deno.statSync(path).isFile ? Deno.readTextFileSync(path).replace(CONTINUED, " ") : "";
  } catch {
    return ""; // gone meanwhile
  }
}
