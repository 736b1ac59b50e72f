/** A WeCom that really listens, and that tests can hold back, or make answer with codes. */
import type { Clock } from "../../lib/ports.ts";
import { WecomCloud } from "./vendors/wecom_cloud.ts";

export { AGENTID, CORPID, SECRET } from "./vendors/wecom_cloud.ts";

export interface WecomMessage {
  readonly to: string;
  readonly text: string;
}

export class FakeWecom implements AsyncDisposable {
  readonly #cloud: WecomCloud;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Each request's path without its query. */
  readonly asked: string[] = [];
  /** What each request waits for before it is answered. */
  hold: (path: string) => Promise<void> = () => Promise.resolve();

  constructor(clock: Clock) {
    this.#cloud = new WecomCloud(clock);
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** What has reached somebody. */
  get delivered(): readonly WecomMessage[] {
    return this.#cloud.arrived.map(({ to, text }) => ({ to, text }));
  }

  /** Codes that the next requests to an address are answered with, whatever they say. */
  get codes(): Map<string, number[]> {
    return this.#cloud.codes;
  }

  set tokenLifeS(seconds: number) {
    this.#cloud.tokenLifeS = seconds;
  }

  /** How WeCom once answered, and private deployments may still: errcode 0 although nobody got it. */
  set lenient(is: boolean) {
    this.#cloud.lenient = is;
  }

  count(path: string): number {
    return this.asked.filter((one) => one === path).length;
  }

  /** The PIN of the latest message. */
  get lastPin(): string {
    const [pin = ""] = /^[0-9]{6}/.exec(this.delivered.at(-1)?.text ?? "") ?? [];
    return pin;
  }

  /** Ends the token before its time, as WeCom says that it may. */
  revokeToken(): void {
    this.#cloud.revokeToken();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname: path, searchParams: query } = new URL(request.url);
    const { headers, method } = request;
    this.asked.push(path);
    await this.hold(path);
    const call = { method, path, query, headers, body: await request.text() };
    const { status, headers: sent = {}, body } = this.#cloud.answer(call);
    return new Response(body, { status, headers: sent });
  }
}
