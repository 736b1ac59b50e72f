/** A channel that keeps what it is given, and a server that has it. */
import * as v from "valibot";
import type { Delivery, FailedDelivery } from "../../lib/core/delivery.ts";
import type { AlertKind, MessageSort, Notification } from "../../lib/core/notification.ts";
import { typeOfChannel } from "../../lib/config/notify.ts";
import { PinCreated } from "../../lib/core/api.ts";
import type { Notifier } from "../../lib/ports.ts";
import { type AppChanges, TestServer } from "./server_app.ts";

const SORTS = ["request", "pin", "alert"] as const;

export const SENT: Delivery = { ok: true, handle: null };
export const FAILED: FailedDelivery = {
  ok: false,
  why: "recipient",
  detail: "wecom knows no such user",
  hint: "compare the contact",
  mayArrive: false,
};

type Of<K extends Notification["kind"]> = Extract<Notification, { kind: K }>;

type Asked = Of<"request" | "request_ended" | "test">;

function isAsked(message: Notification): message is Asked {
  return ["request", "request_ended", "test"].includes(message.kind);
}

type FakeFacts = Pick<
  Notifier,
  "name" | "type" | "reach" | "answers" | "updates" | "secretContacts" | "reachesAnyone"
>;

export class FakeNotifier implements Notifier {
  readonly name: string;
  readonly type: string;
  readonly reach: "person" | "group";
  readonly language = "en";
  readonly sends: ReadonlySet<MessageSort>;
  readonly answers: boolean;
  readonly updates: boolean;
  readonly secretContacts: boolean;
  readonly reachesAnyone: boolean;
  readonly leftAloneUntil: () => number | null;
  readonly sent: { message: Of<"pin">; to: string }[] = [];
  readonly alerts: { message: Of<"emergency_code">; to: string }[] = [];
  readonly summaries: { message: Of<"summary">; to: string }[] = [];
  /** All other alerts. */
  readonly told: { message: Of<Exclude<AlertKind, "emergency_code">>; to: string }[] = [];
  /** Requests, that they wait no more, and tests. */
  readonly asked: { message: Asked; to: string }[] = [];
  /** What messages were made to say later. */
  readonly changed: { message: Notification; to: string; handle: string }[] = [];
  readonly #contact: RegExp;
  /** What becomes of a message; by default it arrives at once. */
  answer: (to: string) => Promise<Delivery> = () => Promise.resolve(SENT);

  /** @param how by default the one channel that there was before there were others */
  constructor(
    {
      name = "wecom",
      type = name,
      reach = "person",
      sends = SORTS,
      answers = false,
      updates = false,
      secretContacts = false,
      reachesAnyone = false,
      leftAloneUntil = () => null,
      contact = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/,
    }: Partial<FakeFacts> & {
      readonly sends?: readonly MessageSort[];
      /** Of its contacts; WeCom's. */
      readonly contact?: RegExp;
      readonly leftAloneUntil?: () => number | null;
    } = {},
  ) {
    this.name = name;
    this.type = type;
    this.reach = reach;
    this.sends = new Set(sends);
    this.answers = answers;
    this.updates = updates;
    this.secretContacts = secretContacts;
    this.reachesAnyone = reachesAnyone;
    this.#contact = contact;
    this.leftAloneUntil = leftAloneUntil;
  }

  isContact(text: string): boolean {
    return this.#contact.test(text);
  }

  contactKey(contact: string): string {
    return typeOfChannel(this.type)?.contactKey(contact) ?? contact;
  }

  update(message: Notification, to: string, handle: string): Promise<Delivery> {
    this.changed.push({ message, to, handle });
    return this.answer(to);
  }

  send(message: Notification, to: string): Promise<Delivery> {
    if (message.kind === "pin") this.sent.push({ message, to });
    else if (message.kind === "emergency_code") this.alerts.push({ message, to });
    else if (message.kind === "summary") this.summaries.push({ message, to });
    else if (isAsked(message)) this.asked.push({ message, to });
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

  /** @param others behind the channel that `notifier` is */
  static start(
    changes: AppChanges = {},
    others: readonly FakeNotifier[] = [],
  ): Promise<PinServer> {
    const notifier = new FakeNotifier();
    return PinServer.startWith([notifier, ...others], changes, notifier);
  }

  /** @param notifier which of them is meant by `notifier` */
  static async startWith(
    channels: readonly FakeNotifier[],
    changes: AppChanges = {},
    notifier = new FakeNotifier(),
  ): Promise<PinServer> {
    return new PinServer(await TestServer.start(changes, channels), notifier);
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
