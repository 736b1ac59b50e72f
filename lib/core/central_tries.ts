/**
 * How often a person's codes may be tried at hosts. By host, because a host says itself which addresses
 * its tries come from, and every account there can speak in its name: who guesses makes that host wait,
 * and no other. Counted apart from what is typed on our pages, so that neither locks out the other.
 */
import {
  afterRightCode,
  afterWrongCode,
  type CodeMemory,
  type FailureLimit,
  limitedUntil,
  LIMITS,
} from "./code_memory.ts";
import { remembered, type Tries, triesId, triesNetwork } from "./device_tries.ts";

const DAY_MS = 86_400_000;
/** Of one host, also from addresses that right codes came from: strangers' own are a hundred at most. */
const AT_HOST: readonly FailureLimit[] = [
  ...LIMITS,
  { scope: "all", failures: 150, within: DAY_MS },
];
/** So many at all hosts together, which is more than one host alone can have, are guesses ... */
const AT_ALL: readonly FailureLimit[] = [{ scope: "all", failures: 250, within: DAY_MS }];
/** ... and then hosts have to wait that have more of them than people mistype. */
const AT_HOST_GUESSED: readonly FailureLimit[] = [
  ...AT_HOST,
  { scope: "all", failures: 10, within: DAY_MS },
];
/** As many as the largest limit asks for. */
const REMEMBERED = 250;

interface Typed {
  readonly user: string;
  readonly host: string;
  /** The address, as the host says. */
  readonly source: string;
}

type HostTry =
  | { readonly allowed: false; readonly retryAt: number }
  /** What is to be kept after a right code, and after a wrong one. */
  | { readonly allowed: true; readonly right: readonly Tries[]; readonly wrong: readonly Tries[] };

/** Where tries are kept: of all hosts, and of this one. No name has such an id, see `triesId`. */
export function hostTriesIds({ user, host }: Pick<Typed, "user" | "host">): [string, string] {
  const all = `HOSTS ${triesId(user)}`;
  return [all, `${all} ${host}`];
}

/** @param found what is kept there */
export function tryAtHost(found: readonly Tries[], typed: Typed, now: number): HostTry {
  const { host, source } = typed;
  const [allId, oneId] = hostTriesIds(typed);
  const memoryOf = (id: string) => remembered(found.find((tries) => tries.id === id), now);
  const kept = (id: string, { failures, known }: CodeMemory): Tries => ({
    id,
    at: now,
    failures,
    known,
  });
  const [all, one] = [memoryOf(allId), memoryOf(oneId)];
  const network = triesNetwork(source);
  const isGuessed = limitedUntil(all, host, now, AT_ALL) !== undefined;
  const retryAt = limitedUntil(one, network, now, isGuessed ? AT_HOST_GUESSED : AT_HOST);
  if (retryAt !== undefined) return { allowed: false, retryAt };
  return {
    allowed: true,
    right: [
      kept(oneId, { ...afterRightCode(one, network, undefined), failures: forgiven(one, network) }),
    ],
    wrong: [
      kept(allId, afterWrongCode(all, host, now, REMEMBERED)),
      kept(oneId, afterWrongCode(one, network, now, REMEMBERED)),
    ],
  };
}

/** They do not count for the source any more, but in the day: it may be others who named it. */
function forgiven({ failures }: CodeMemory, source: string): CodeMemory["failures"] {
  return failures.map((failure) =>
    failure.source === source ? { ...failure, source: "" } : failure
  );
}
