type Attributes = Record<string, string>;

/** Make an element with attributes and content; text is text, never markup. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

export interface Field {
  row: HTMLElement;
  control: HTMLInputElement | HTMLTextAreaElement;
  /** Show what is wrong with it; '' when nothing is. */
  mark: (problem: string) => void;
}

/** A labelled field with a place for its problem. */
export function makeField(id: string, label: string, attributes: Attributes, rows = 0): Field {
  const described = { id, name: id, "aria-describedby": `${id}-error`, required: "" };
  const control = rows
    ? make("textarea", { ...described, ...attributes, rows: String(rows) })
    : make("input", { ...described, ...attributes });
  const error = make("p", { id: `${id}-error`, class: "error", "aria-live": "polite" });
  return {
    row: make("div", {}, make("label", { for: id }, label), control, error),
    control,
    mark: (problem) => {
      control.setAttribute("aria-invalid", String(problem !== ""));
      error.textContent = problem;
    },
  };
}
