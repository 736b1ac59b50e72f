/** What sshd's files say of our gate. */
import { gateLines } from "../core/doctor/host_wiring.ts";

const WHOLE = ["/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config"];
const PARTS = "/etc/ssh/sshd_config.d";

/**
 * Whether some ForceCommand starts the gate with that host.toml; true as well where that cannot be seen,
 * as by an account on a system that keeps these files from it.
 * @param otherwise the host.toml of lines that name none @param root in front of all paths
 */
export function gateReads(config: string, otherwise: string, root = ""): boolean {
  try {
    return [...WHOLE, ...parts(root)].some((path) =>
      gateLines(textOf(`${root}${path}`)).some((line) => (line.config ?? otherwise) === config)
    );
  } catch {
    return true;
  }
}

function parts(root: string): string[] {
  try {
    return [...Deno.readDirSync(`${root}${PARTS}`)]
      .filter(({ name }) => name.endsWith(".conf")).map(({ name }) => `${PARTS}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** "" of what is not there. */
function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
