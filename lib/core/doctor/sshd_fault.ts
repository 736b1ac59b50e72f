/** What is wrong with what sshd answers of a connection, before it is known for how many that holds. */
import type { Finding } from "./finding.ts";

/** One thing that is wrong in one situation. */
export interface Fault extends Omit<Finding, "where" | "witness" | "what"> {
  readonly what: string;
  /** Keywords of which the first to stand is to blame. */
  readonly blame: readonly string[];
}
