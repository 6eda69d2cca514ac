// The support form: check the fields, send them with an Idempotency-Key, show the ticket.

import { post, submissionKeys } from "./api.js";
import { busy, byId, checked, counter, explain, notice, watch } from "./fields.js";
import { FORM } from "./rules.js";

const form = byId("form");
const send = byId("send");
const keyOf = submissionKeys();
const recount = counter(byId("message"), 10000);
watch(form, FORM);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (send.disabled) return;
  const values = checked(form, FORM);
  if (values === null) {
    notice("Please look at the marked fields.");
    return;
  }
  notice("");
  if (!values.phone.trim()) delete values.phone;
  const body = JSON.stringify(values);
  busy(form, send, true);
  byId("progress").textContent = "Sending …";
  try {
    done(await post("/support/form", body, keyOf(body), () => {
      byId("progress").textContent = "The service is away for a moment. Trying again …";
    }));
  } catch (error) {
    notice(explain(form, FORM, error));
  } finally {
    busy(form, send, false);
    byId("progress").textContent = "";
  }
});

function done(ticket) {
  byId("done-number").textContent = ticket.ticket_id;
  byId("done-token").textContent = ticket.status_token;
  byId("done-message").textContent = ticket.message;
  byId("done-link").href = `/status#${ticket.ticket_id}:${ticket.status_token}`;
  byId("done-copied").textContent = "";
  byId("ask").hidden = true;
  byId("done").hidden = false;
  byId("done-title").focus();
  scrollTo(0, 0);
}

byId("done-copy").addEventListener("click", async () => {
  const link = byId("done-link").href;
  try {
    await navigator.clipboard.writeText(link);
    byId("done-copied").textContent = "Copied";
  } catch {
    byId("done-copied").textContent = link; // no clipboard without https: show the link to be copied by hand
  }
});

byId("done-again").addEventListener("click", () => {
  for (const name of ["subject", "message", "category"]) form.elements[name].value = "";
  form.elements.priority.value = "medium";
  recount();
  byId("done").hidden = true;
  byId("ask").hidden = false;
  form.elements.subject.focus();
});
