/** Authenticators' files as secrets: who can read or replace them, and copies that were left. */
import { debris, openList, openSecret } from "../../core/doctor/host_codes.ts";
import type { Finding } from "../../core/doctor/finding.ts";
import type { FileFacts } from "../../core/doctor/site.ts";
import { expandPath, isSamePlace } from "../../core/path_template.ts";
import { IN_HOME, ROOTS_OWN } from "../../io/code_config.ts";
import {
  type CodesPlace,
  folderOfPam,
  lookOrNothing,
  namesOrNone,
  pamSecret,
} from "./host_codes_place.ts";
import { privateFolder } from "./host_private.ts";

export function codeFileFindings(place: CodesPlace): Finding[] {
  return [
    ...ofFolders(place),
    ...openFiles(place),
    ...openLists(place),
    ...debris(leftOver(place)),
  ];
}

function ofFolders(place: CodesPlace): Finding[] {
  const { config, files, root } = place;
  const spent = config.codes.spent ?? ROOTS_OWN.spent;
  return [
    ...privateFolder(files, root, folderOfPam(place), {
      id: "codes.folder-open",
      name: "the folder of authenticators",
      means: "Who can write there can put an authenticator of their own in the place of any other.",
    }),
    ...privateFolder(files, root, isSamePlace(spent) ? spent : undefined, {
      id: "codes.spent-open",
      name: "the folder of used codes",
      means: "Who can write there can make a used code good again, and forget wrong tries.",
    }),
  ];
}

interface Secret {
  readonly path: string;
  readonly owner: string;
  readonly facts: FileFacts;
}

const OTHERS = 0o077;

/** Also of accounts that are not asked here, and what nothing reads: the file is a secret all the same. */
function secrets(place: CodesPlace): Secret[] {
  const { accounts, config, files } = place;
  const templates = new Set([config.codes.secret ?? IN_HOME.secret, IN_HOME.secret]);
  const folder = folderOfPam(place);
  const inHomes = [...templates].flatMap((template) =>
    accounts.map((account) => ({ path: expandPath(template, account), owner: account.name }))
  );
  const inFolder = (folder === undefined ? undefined : files.names(folder))?.map((name) => ({
    path: `${folder}/${name}`,
    owner: name,
  }));
  const found = new Map<string, Secret>();
  for (const { owner, path } of [...inHomes, ...inFolder ?? []]) {
    const facts = lookOrNothing(files, path);
    if (facts?.kind === "file") found.set(path, { path, owner, facts });
  }
  return [...found.values()];
}

function openFiles(place: CodesPlace): Finding[] {
  return secrets(place)
    .filter(({ facts }) => (facts.mode & OTHERS & ~place.config.codes.allowed_perm) !== 0)
    .map(({ facts, owner, path }) => openSecret(path, facts.mode, owner));
}

function openLists({ accounts, config, files }: CodesPlace): Finding[] {
  const template = config.codes.totp_secrets;
  const paths = isSamePlace(template)
    ? [template]
    : accounts.map((one) => expandPath(template, one));
  return [...new Set(paths)].filter((path) => path !== "").flatMap((path) => {
    const facts = lookOrNothing(files, files.wayTo(path)?.at(-1) ?? path);
    return facts?.kind === "file" && (facts.mode & OTHERS) !== 0
      ? [openList(path, facts.mode)]
      : [];
  });
}

/** So long a program may be at it. */
const BUSY_MS = 600_000;
/** Of one account: whoever makes a million of them is not to keep the doctor, or the installer, waiting. */
const MOST_LOOKED_AT = 20;

/** google-authenticator's: `FILE~` of its command, `FILE~XXXXXX` of its module. */
function leftOver(place: CodesPlace): string[] {
  const { accounts, files, now, root } = place;
  const found = new Set<string>();
  const templates = new Set([pamSecret(place), place.config.codes.secret ?? IN_HOME.secret]);
  templates.add(IN_HOME.secret);
  for (const path of [...templates].flatMap((one) => accounts.map((a) => expandPath(one, a)))) {
    const cut = path.lastIndexOf("/");
    const beginning = `${path.slice(cut + 1)}~`;
    let looked = 0;
    for (const name of namesOrNone(files, path.slice(0, cut))) {
      const rest = name.startsWith(beginning) ? name.slice(beginning.length) : "no";
      if (!/^([0-9A-Za-z]{6})?$/.test(rest)) continue;
      if (looked++ === MOST_LOOKED_AT) break;
      const whole = `${path.slice(0, cut)}/${name}`;
      const facts = lookOrNothing(files, whole);
      const isBusy = root === "" && facts !== undefined && now - facts.changedAt < BUSY_MS;
      if (facts?.kind === "file" && !isBusy) found.add(whole);
    }
  }
  return [...found].sort();
}
