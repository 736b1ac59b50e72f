/** Who is to be guarded: nobody declares it, the configuration does. */
import { concerns } from "../sshd/matching.ts";
import { type ConfigFile, type Placed, placed } from "../sshd/config.ts";
import type { Account } from "../unix_account.ts";
import { mentionsGate } from "./sshd_factor.ts";
import type { FactorBlock } from "./sshd_facts.ts";

/** @param read whether sshd reads that file */
export function factorBlocks(file: ConfigFile, read: boolean): FactorBlock[] {
  return [...placed(file)].flatMap((one) => {
    const kind = kindOf(one);
    return kind === undefined ? [] : [{ ...one, kind, read }];
  });
}

function kindOf({ directive: { keyword, text, values } }: Placed): FactorBlock["kind"] | undefined {
  if (keyword === "forcecommand" && mentionsGate(text)) return "gate";
  const asks = values.some((list) =>
    list.split(",").some((method) => /^keyboard-interactive(:pam)?$/.test(method))
  );
  return keyword === "authenticationmethods" && asks ? "pam" : undefined;
}

/** The blocks that are meant for that account, whatever else they ask for. */
export function blocksFor(blocks: readonly FactorBlock[], account: Account): FactorBlock[] {
  const who = { user: account.name, groups: account.groups };
  return blocks.filter(({ under }) => under.every((criteria) => concerns(criteria, who)));
}

/** Left behind by editors and packages: nobody means them to be read. */
function isLeftover(path: string): boolean {
  return /(~|\.(bak|old|orig|save|swp|ucf-\w+|dpkg-\w+|rpm(new|orig|save)))$|\/\./.test(path);
}

/** Whether a file below /etc/ssh is sshd's, by its name. */
export function isSshdFile(path: string): boolean {
  return /\/sshd_config[^/]*$|\/sshd_config\.d\/|gatehouse/.test(path) && !isLeftover(path);
}
