/**
 * Link and number are shown only as the server signed them. Over plain HTTP somebody in between could
 * else show the person those of a login of their own, and have that one approved.
 */
import type { OpenRequest } from "../login/doors.ts";
import type { Clock } from "../ports.ts";
import type { ClientConfig, NewLogin, NoUse } from "./approval_wire.ts";

/** What a server has answered a request with. */
interface Answered {
  readonly id: string;
  /** Null for a login that has no page. */
  readonly url: string | null;
  readonly match: OpenRequest["match"];
  readonly twoPersons: boolean;
  /** Signed, where the server does that. */
  readonly offer: string | undefined;
}

/** Undefined when all of it may be shown. */
export type OfferCheck = (
  server: string,
  answered: Answered,
  asked: NewLogin,
) => Promise<NoUse | undefined>;

const STRANGER =
  "somebody may stand between this host and the server; tell the administrator, who knows more by " +
  "docs/configuration.md (signed_offers)";

/** Made before the server is asked: what checks is loaded while it answers. */
export function offerCheck(
  { host, pinned, signedOffers }: ClientConfig,
  clock: Clock,
): OfferCheck {
  const loading = signedOffers ? import("../core/offer.ts") : undefined;
  return async (server, { offer, ...answered }, { nonce }) => {
    const refuse = (what: string): NoUse => ({
      kind: "unusable",
      detail: `${server}: ${what}`,
      hint: STRANGER,
    });
    if (offer === undefined) {
      return signedOffers ? refuse("its link is not signed") : undefined;
    }
    const { checkOffer } = await (loading ?? import("../core/offer.ts"));
    const checked = await checkOffer(offer, { host, nonce, ...answered }, pinned, clock.now());
    return checked.ok ? undefined : refuse(checked.fault);
  };
}
