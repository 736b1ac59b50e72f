/** A channel that keeps what it is given, and a server that has it. */
import * as v from "valibot";
import type {
  AlertKind,
  Delivery,
  FailedDelivery,
  Notification,
} from "../../lib/core/notification.ts";
import { PinCreated } from "../../lib/core/api.ts";
import type { Notifier } from "../../lib/ports.ts";
import { type AppChanges, TestServer } from "./server_app.ts";

export const FAILED: FailedDelivery = {
  ok: false,
  why: "recipient",
  detail: "wecom knows no such user",
  hint: "compare the contact",
  mayArrive: false,
};

type Of<K extends Notification["kind"]> = Extract<Notification, { kind: K }>;

export class FakeNotifier implements Notifier {
  readonly name = "wecom";
  readonly sent: { message: Of<"pin">; to: string }[] = [];
  readonly alerts: { message: Of<"emergency_code">; to: string }[] = [];
  readonly summaries: { message: Of<"summary">; to: string }[] = [];
  /** All other alerts. */
  readonly told: { message: Of<Exclude<AlertKind, "emergency_code">>; to: string }[] = [];
  /** What becomes of a message; by default it arrives at once. */
  answer: (to: string) => Promise<Delivery> = () => Promise.resolve({ ok: true });

  send(message: Notification, to: string): Promise<Delivery> {
    if (message.kind === "pin") this.sent.push({ message, to });
    else if (message.kind === "emergency_code") this.alerts.push({ message, to });
    else if (message.kind === "summary") this.summaries.push({ message, to });
    else this.told.push({ message, to });
    return this.answer(to);
  }

  get last(): Of<"pin"> {
    const last = this.sent.at(-1);
    if (last === undefined) throw new Error("nothing was sent");
    return last.message;
  }

  /** Six digits that are not the last PIN. */
  get wrong(): string {
    return String((Number(this.last.pin) + 1) % 1_000_000).padStart(6, "0");
  }
}

export interface PinLogin {
  readonly id: string;
  readonly secret: string;
}

/** With requests of their own for what a PIN decides. */
export class PinServer {
  private constructor(readonly server: TestServer, readonly notifier: FakeNotifier) {}

  static async start(changes: AppChanges = {}): Promise<PinServer> {
    const notifier = new FakeNotifier();
    return new PinServer(await TestServer.start(changes, notifier), notifier);
  }

  ask(contacts: readonly string[], changes: Record<string, unknown> = {}): Promise<Response> {
    return this.server.ask({ timeout: 180, pin: { contacts }, ...changes });
  }

  async create(contacts = ["zhangsan"], changes: Record<string, unknown> = {}): Promise<PinLogin> {
    const response = await this.ask(contacts, changes);
    if (response.status !== 201) throw new Error(`not created: ${await response.text()}`);
    return await response.json();
  }

  /** A login whose PIN is on its way, and what ends that. */
  async onItsWay() {
    const { server, notifier } = this;
    const delivery = Promise.withResolvers<Delivery>();
    notifier.answer = () => delivery.promise;
    const answer = this.ask(["zhangsan"]);
    // Not the timer of the body, which comes before.
    await server.until(() => server.calls.includes("addLogin") && server.time.timers === 1);
    server.time.advance(1_500);
    const login = v.parse(PinCreated, await (await answer).json());
    return { login, arrive: delivery.resolve };
  }

  try({ id, secret }: PinLogin, code: unknown): Promise<Response> {
    return this.server.json(`/api/v1/logins/${id}/code`, { code }, bearer(secret));
  }

  resend({ id, secret }: PinLogin): Promise<Response> {
    return this.server.json(`/api/v1/logins/${id}/resend`, {}, bearer(secret));
  }

  /** Names of the audit events so far. */
  get events(): string[] {
    return this.server.audited.map(({ event }) => event);
  }
}

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
