// The validation rules of the fields, the same as the server's: lengths count code points of the trimmed text.

const SPACE = /^\p{White_Space}+|\p{White_Space}+$/gu;
const EMAIL = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/u;
const PHONE = /^\+[1-9][0-9 ()./-]{5,28}[0-9]$/;

export const trimmed = (text) => text.replace(SPACE, "");
export const length = (text) => [...trimmed(text)].length;

const between = (least, most) => (text) => {
  const count = length(text);
  if (count === 0) return "Please fill this in.";
  if (count < least) return `Please write at least ${least} characters.`;
  if (count > most) return `Please write at most ${most.toLocaleString("en")} characters.`;
  return text.includes("\0") ? "There is a character in it that is not allowed." : "";
};

export const FORM = {
  name: between(2, 255),
  email: (text) => {
    if (length(text) === 0) return "Please fill this in.";
    return EMAIL.test(trimmed(text)) ? "" : "An e-mail address looks like name@example.com.";
  },
  phone: (text) =>
    length(text) === 0 || PHONE.test(trimmed(text)) ? "" : "Please begin with + and the country code, then digits.",
  subject: between(5, 500),
  category: (text) => (text ? "" : "Please choose one."),
  priority: () => "",
  message: between(10, 10000),
};

export const REPLY = { message: between(1, 10000) };
export const STAFF_REPLY = { text: between(1, 10000) };

/** Return the problems of a form's values by field name; an empty object when there are none. */
export function problems(rules, values) {
  const found = Object.entries(rules).map(([name, rule]) => [name, rule(values[name] ?? "")]);
  return Object.fromEntries(found.filter(([, problem]) => problem));
}
