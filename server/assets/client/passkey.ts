/**
 * What passkeys need of a script; all else on our pages works without. A button that says
 * `data-passkey="create"` or `"get"` asks the server what to sign (`data-options`, with the form's
 * own fields, so that the challenge is bound to them), has the person's device do it, and sends the
 * form with the answer in its field `passkey`. It is hidden until it can work; why it does not, or
 * did not, says the element `data-passkey-says` of that name, in the page's language. What is there
 * for want of a passkey, `data-passkey-instead`, is folded away when there can be one.
 */
import { startAuthentication, startRegistration } from "@simplewebauthn/browser";

/**
 * What is used of the browser. Not TypeScript's own "dom": it would make names like `status`, `name`
 * and `close` known in every file of the server.
 */
interface Element {
  hidden: boolean;
}
interface Button extends Element {
  disabled: boolean;
  readonly form: Form;
  readonly autofocus: boolean;
  readonly dataset: Readonly<Record<string, string>>;
  focus(): void;
  addEventListener(type: "click", heard: (event: Event) => void): void;
}
interface Form {
  addEventListener(
    type: "formdata",
    heard: (event: { readonly formData: FormData }) => void,
    options: { readonly once: true },
  ): void;
  readonly elements: { namedItem(name: "code"): { readonly value: string } | null };
  reportValidity(): boolean;
  requestSubmit(by: Button): void;
}
interface Foldable {
  open: boolean;
}
declare const document: {
  querySelectorAll(selector: "details[data-passkey-instead]"): Iterable<Foldable>;
  querySelectorAll(selector: "button[data-passkey]"): Iterable<Button>;
  querySelectorAll(selector: `[data-passkey-says${string}]`): Iterable<Element>;
};
declare const FormData: new (form: Form, by: Button) => FormData;
interface FormData extends Iterable<[string, string]> {
  set(name: string, value: string): void;
}
declare const isSecureContext: boolean;
declare const PublicKeyCredential: unknown;

type Saying =
  /** Plain http: browsers offer no passkeys there. */
  | "insecure"
  | "unsupported"
  /** By the person; or it took too long, or the device cannot: browsers seldom tell which. */
  | "cancelled"
  | "registered"
  /** The page was opened at another address than the server's own. */
  | "elsewhere"
  /** The device has no lock, or cannot hold passkeys. */
  | "unsuitable"
  | "failed"
  | "offline";

const FAULTS: Readonly<Record<string, Saying>> = {
  AbortError: "cancelled",
  NotAllowedError: "cancelled",
  InvalidStateError: "registered",
  SecurityError: "elsewhere",
  ConstraintError: "unsuitable",
  NotSupportedError: "unsuitable",
};

function say(saying?: Saying): void {
  for (const element of document.querySelectorAll("[data-passkey-says]")) element.hidden = true;
  if (saying === undefined) return;
  const selector = `[data-passkey-says=${saying}]` as const;
  for (const element of document.querySelectorAll(selector)) element.hidden = false;
}

/** What to sign for the form as it is filled in now. */
async function ask(button: Button): Promise<Response> {
  const fields = new URLSearchParams([...new FormData(button.form, button)]);
  const headers = { accept: "application/json" };
  return await fetch(button.dataset.options ?? "", { method: "POST", headers, body: fields });
}

async function sign(create: boolean, options: Response): Promise<string> {
  const optionsJSON = await options.json();
  const start = create ? startRegistration : startAuthentication;
  return JSON.stringify(await start({ optionsJSON }));
}

async function press(button: Button): Promise<void> {
  const { form } = button;
  say();
  const options = await ask(button).catch(() => undefined);
  if (options === undefined) return say("offline");
  try {
    // Else the form goes without an answer, and the server's own page says what is wrong.
    if (options.ok) {
      const answer = await sign(button.dataset.passkey === "create", options);
      form.addEventListener("formdata", (event) => event.formData.set("passkey", answer), {
        once: true,
      });
    }
  } catch (error) {
    return say(FAULTS[error instanceof Error ? error.name : ""] ?? "failed");
  }
  button.disabled = false;
  form.requestSubmit(button);
}

function prepare(button: Button): void {
  button.hidden = false;
  // What is hidden cannot have had it when the page was loaded.
  if (button.autofocus) button.focus();
  button.addEventListener("click", (event) => {
    // Enter in that field presses the form's first button, and a code that is there is meant.
    if (button.form.elements.namedItem("code")?.value) return;
    event.preventDefault();
    if (!button.form.reportValidity()) return;
    // First: what a disabled button says is no part of its form.
    void press(button).finally(() => button.disabled = false);
    button.disabled = true;
  });
}

if (!isSecureContext) say("insecure");
else if (typeof PublicKeyCredential !== "function") say("unsupported");
else {
  for (const button of document.querySelectorAll("button[data-passkey]")) prepare(button);
  for (const other of document.querySelectorAll("details[data-passkey-instead]")) {
    other.open = false;
  }
}
