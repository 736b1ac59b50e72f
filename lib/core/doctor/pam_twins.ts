/** Programs that ask PAM by two names: where our line stands in one of them alone, the other is a way round it. */
import type { Finding } from "./finding.ts";

/** sudo(8) and su(1) take the second with `-i` and `-l`, where they are built so. */
const TWINS = [["sudo", "sudo-i"], ["su", "su-l"]] as const;
/** What a person types to be asked by that service. */
const TYPED: Readonly<Record<string, string>> = {
  "sudo": "sudo",
  "sudo-i": "sudo -i",
  "su": "su",
  "su-l": "su -",
};

/** @param hasOurs whether our line is in the service's auth; undefined: there is no such service, or it is refused */
export function twinFindings(hasOurs: (service: string) => boolean | undefined): Finding[] {
  return TWINS.flatMap(([first, second]) =>
    [[first, second], [second, first]].flatMap(([has = "", lacks = ""]): Finding[] => {
      if (hasOurs(has) !== true || hasOurs(lacks) !== false) return [];
      return [{
        id: "pam.twin-unasked",
        severity: "warning",
        where: { file: `/etc/pam.d/${lacks}` },
        what: `${has} has our line, and ${lacks} has not`,
        means: `\`${TYPED[lacks]}\` leads where \`${TYPED[has]}\` does, without the factor.`,
        mend: `write the lines of /etc/pam.d/${has} into /etc/pam.d/${lacks}, too`,
      }];
    })
  );
}
