import type { ApiError } from "./api";
import type { Messages } from "./i18n/en";
import { fill } from "./i18n/fill";

/** Say in words why a call failed, for the notice above the form. `address`: where to write instead; `off`: what is switched off. */
export function explain(error: ApiError, t: Messages, address: string, off: string = t.formOff): string {
  if (error.status === 429) return fill(t.tooFast, { seconds: Math.ceil(error.retryAfter) });
  if (error.status === 0 || error.status >= 500) return t.notSent;
  if (error.status === 403) return fill(off, { address });
  if (error.code === "PROOF_WRONG" || error.code === "PROOF_USED") return t.notProven;
  if (error.status === 409 && error.code === "TICKET_CLOSED") return t.closedLead;
  return t.refused;
}
