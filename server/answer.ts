/** Turns everything that was thrown into an answer: a page for people, a problem for programs. */
import { base64url } from "../lib/core/encoding.ts";
import { printable } from "../lib/core/text.ts";
import { Fault, problem, Unavailable } from "./faults.ts";
import { type Ctx, frameOf, type Parts } from "./http.ts";
import { type ErrorKey, pageMessages } from "./messages/page.ts";
import { errorPage } from "./pages/error.tsx";
import { renderPage } from "./pages/layout.tsx";
import { isPagePath, isRequestPath } from "./paths.ts";

const REFERENCE_BYTES = 6;

export async function answerError(error: unknown, c: Ctx, parts: Parts): Promise<Response> {
  if (error instanceof Fault) return await faultAnswer(error, c, parts);
  // What exactly broke is for the log alone; the reference joins the two.
  const reference = base64url(parts.deps.random.bytes(REFERENCE_BYTES));
  const unavailable = error instanceof Unavailable;
  const cause = unavailable ? error.cause : error;
  parts.deps.log("error", unavailable ? "store or audit log failed" : "unexpected error", {
    reference,
    method: c.req.method,
    error: cause instanceof Error ? printable(`${cause.name}: ${cause.message}`, 500) : "unknown",
    at: cause instanceof Error ? printable(cause.stack?.split("\n")[1]?.trim() ?? "", 300) : "",
  });
  const fault = unavailable
    ? new Fault(503, `nothing was decided, reference ${reference}`, {
      headers: { "retry-after": "5" },
    })
    : new Fault(500, `the server made a mistake, reference ${reference}`);
  return await faultAnswer(fault, c, parts, reference);
}

async function faultAnswer(
  fault: Fault,
  c: Ctx,
  parts: Parts,
  reference?: string,
): Promise<Response> {
  if (!forPeople(c)) return problem(fault);
  const frame = frameOf(c, parts);
  const page = errorPage(pageMessages(frame.language), errorKey(fault, c), reference);
  return await renderPage({ ...page, headers: fault.headers }, frame, fault.status);
}

/** The same status means different things at different addresses. */
function errorKey(fault: Fault, c: Ctx): ErrorKey {
  if (!isPagePath(c.req.path)) return fault.status;
  switch (fault.reason) {
    case "not_signed_in":
    case "proof_too_old":
    case "not_allowed":
      return fault.reason;
  }
  if (fault.status === 404 && isRequestPath(c.req.path)) return "link";
  if (fault.status === 403) return "origin";
  if (fault.status === 422 && fault.errors?.some((e) => e.field === "match")) return "number";
  return fault.status;
}

function forPeople(c: Ctx): boolean {
  const accepts = c.req.header("accept") ?? "";
  if (isPagePath(c.req.path)) {
    return !/json/i.test(c.req.header("content-type") ?? "") &&
      (!/json/i.test(accepts) || /html/i.test(accepts));
  }
  return /text\/html/i.test(accepts) && !c.req.path.startsWith("/api/");
}
