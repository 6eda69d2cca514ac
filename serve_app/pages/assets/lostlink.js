// The status page's form for a lost link: it is sent to the address that the ticket was opened from.

import { post, submissionKeys } from "./api.js";
import { byId, mark } from "./fields.js";

const keyOf = submissionKeys();

byId("lost-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = byId("lost-send");
  const result = byId("lost-result");
  if (button.disabled) return;
  const number = form.elements["lost-number"].value.trim().toUpperCase();
  const email = form.elements["lost-email"].value.trim();
  mark(form, "lost-number", /^TKT-[0-9]{4,}$/.test(number) ? "" : "A ticket number looks like TKT-0042.");
  mark(form, "lost-email", email.includes("@") ? "" : "Please give the address that you wrote from.");
  const wrong = form.querySelector("[aria-invalid=true]");
  if (wrong) return wrong.focus();
  const body = JSON.stringify({ email });
  button.disabled = true;
  result.textContent = "One moment …";
  try {
    const answer = await post(`/tickets/${encodeURIComponent(number)}/link`, body, keyOf(number + body), () => {
      result.textContent = "The service is away for a moment. Trying again …";
    });
    result.textContent = answer.message; // the same for every ticket and address
  } catch (error) {
    result.textContent = error.message;
  } finally {
    button.disabled = false;
  }
});
