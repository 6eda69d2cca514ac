// Shared by all forms: problems at their fields, counters of characters, busy state, notices.

import { length, problems } from "./rules.js";

export const byId = (id) => document.getElementById(id);

/** Show or clear the problem of one field. */
export function mark(form, name, problem) {
  const control = form.elements[name];
  control.setAttribute("aria-invalid", String(Boolean(problem)));
  byId(`${control.id}-error`).textContent = problem ?? "";
}

/** Check all fields, show every problem and go to the first. Return the values, or null when something is wrong. */
export function checked(form, rules) {
  const values = Object.fromEntries(Object.keys(rules).map((name) => [name, form.elements[name].value]));
  return shown(form, rules, problems(rules, values)) ? null : values;
}

/** Show these problems (by field name), clear the others, focus the first. Return how many there are. */
export function shown(form, rules, found) {
  for (const name of Object.keys(rules)) mark(form, name, found[name]);
  const first = Object.keys(rules).find((name) => found[name]);
  if (first) form.elements[first].focus();
  return Object.keys(found).length;
}

/** Check a field when it loses focus, and on every input while it has a problem. */
export function watch(form, rules) {
  const check = (name) => mark(form, name, rules[name](form.elements[name].value));
  for (const name of Object.keys(rules)) {
    form.elements[name].addEventListener("blur", () => form.elements[name].value && check(name));
    form.elements[name].addEventListener("input", () => {
      if (form.elements[name].getAttribute("aria-invalid") === "true") check(name);
    });
  }
}

/** Show the count of code points beside a text field; return the function that counts again. */
export function counter(text, most) {
  const output = byId(`${text.id}-count`);
  const count = () => {
    const now = length(text.value);
    output.textContent = `${now.toLocaleString("en")} / ${most.toLocaleString("en")}`;
    output.classList.toggle("over", now > most);
  };
  text.addEventListener("input", count);
  count();
  return count;
}

/** Disable the form while a call runs. */
export function busy(form, button, on) {
  button.disabled = on;
  button.setAttribute("aria-busy", String(on));
  form.setAttribute("aria-busy", String(on));
  for (const control of form.elements) if (control !== button) control.readOnly = on;
}

/** Show a sentence above the form, or hide it. */
export function notice(text, bad = true) {
  const element = byId("notice");
  element.textContent = text;
  element.classList.toggle("bad", bad);
  element.hidden = !text;
}

/** Show a refused call at the fields that it names; return the sentence for the notice. */
export function explain(form, rules, error) {
  const found = {};
  for (const { field, message } of error.details)
    if (field in rules) found[field] = `${message[0].toUpperCase()}${message.slice(1).replace(/\.$/, "")}.`;
  if (shown(form, rules, found)) return "Please look at the marked fields.";
  if (error.status === 429) return `That was a little fast. Please try again in ${Math.ceil(error.retryAfter)} seconds.`;
  if (error.status === 0 || error.status >= 500)
    return "We could not reach the service, so nothing was sent. Your text is still here: please try again.";
  return error.message;
}
