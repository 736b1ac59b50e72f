/** A device with passkeys, in Chromium (WebAuthn's WebDriver extension, over its own protocol). */
import type { Page } from "./browser.ts";

type Session = Awaited<ReturnType<ReturnType<Page["context"]>["newCDPSession"]>>;
export type DeviceKind = "phone" | "key";
type Credential = Awaited<ReturnType<VirtualAuthenticator["credentials"]>>[number];

export class VirtualAuthenticator {
  private constructor(private readonly session: Session, private readonly id: string) {}

  /**
   * For that page alone: a phone that is unlocked and touched whenever it is asked for, or a key
   * that can be touched only.
   */
  static async in(page: Page, kind: DeviceKind = "phone"): Promise<VirtualAuthenticator> {
    const session = await page.context().newCDPSession(page);
    await session.send("WebAuthn.enable");
    const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        ctap2Version: "ctap2_1",
        transport: kind === "phone" ? "internal" : "usb",
        hasResidentKey: true,
        hasUserVerification: kind === "phone",
        isUserVerified: kind === "phone",
        automaticPresenceSimulation: true,
      },
    });
    return new VirtualAuthenticator(session, authenticatorId);
  }

  /** Whether its owner unlocks it. */
  async set({ unlocked }: { readonly unlocked: boolean }): Promise<void> {
    const { id: authenticatorId } = this;
    const isUserVerified = unlocked;
    await this.session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  }

  async credentials() {
    const { id: authenticatorId } = this;
    return (await this.session.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
  }

  /** Takes the one passkey away, and puts it back as somebody changed it. */
  async change(changes: Partial<Credential>): Promise<void> {
    const [credential] = await this.credentials();
    if (credential === undefined) throw new Error("there is no passkey");
    const { id: authenticatorId } = this;
    const { credentialId } = credential;
    await this.session.send("WebAuthn.removeCredential", { authenticatorId, credentialId });
    await this.add({ ...credential, ...changes });
  }

  async add(credential: Credential): Promise<void> {
    await this.session.send("WebAuthn.addCredential", { authenticatorId: this.id, credential });
  }
}
