import { type FocusEvent, useCallback, useLayoutEffect, useRef, useState } from "react";
import type { ApiError } from "./api";
import type { Messages } from "./i18n/en";
import { sentence } from "./sentence";
import { check, checkAll, type Problem, type Rule } from "./validation";

type Control = HTMLInputElement & HTMLTextAreaElement & HTMLSelectElement;
type Texts<Field extends string> = Record<Field, string>;

/**
 * The values of a form and what is wrong with them, by the server's rules.
 *
 * A field is checked when it is left for another one, and on each change while something is wrong with it. `submit` checks all, and
 * moves to the first that is wrong; `refused` shows what the server has found.
 */
export function useFormValidation<Field extends string>(
  rules: Readonly<Record<Field, Rule>>,
  initial: Texts<Field>,
  t: Messages,
  language: string,
) {
  const [values, setValues] = useState(initial);
  const [problems, setProblems] = useState<Partial<Texts<Field>>>({});
  const controls = useRef<Partial<Record<Field, Control | null>>>({});
  const fields = Object.keys(initial) as Field[];

  // What was typed, or restored by the browser, before React took the exported page over.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, at the start
  useLayoutEffect(() => {
    const typed = fields.map((name) => [name, controls.current[name]?.value ?? initial[name]]);
    setValues((before) => ({ ...before, ...(Object.fromEntries(typed) as Texts<Field>) }));
  }, []);

  const told = useCallback(
    (field: Field, value: string) => {
      const problem = check(field, rules[field], value);
      return problem ? sentence(problem, t, language) : "";
    },
    [rules, t, language],
  );

  function show(found: Partial<Texts<Field>>): boolean {
    setProblems(found);
    const first = fields.find((field) => found[field]);
    if (first) controls.current[first]?.focus();
    return first !== undefined;
  }

  const change = (field: Field, value: string) => {
    setValues((before) => ({ ...before, [field]: value }));
    setProblems((before) => (before[field] ? { ...before, [field]: told(field, value) } : before));
  };

  /** The attributes of a field's control. */
  const field = (name: Field) => ({
    id: name,
    value: values[name],
    error: problems[name] ?? "",
    required: rules[name].required,
    onChange: (value: string) => change(name, value),
    onBlur: (event: FocusEvent) => {
      // Not on the way to a button: the sentence would move the button away from under the pointer.
      const { relatedTarget } = event;
      const another = relatedTarget !== null && !(relatedTarget instanceof HTMLButtonElement);
      if (another && values[name]) setProblems((before) => ({ ...before, [name]: told(name, values[name]) }));
    },
    controlRef: (control: Control | null) => {
      controls.current[name] = control;
    },
  });

  /** Return the values when all is right, else null with every problem shown. */
  const submit = (): Texts<Field> | null => {
    const found = checkAll(rules, values);
    const words = Object.entries(found).map(([name, problem]) => [name, sentence(problem as Problem, t, language)]);
    return show(Object.fromEntries(words)) ? null : values;
  };

  /** Show the fields that the server refused; return whether there was one. */
  const refused = (error: ApiError): boolean => {
    const named = error.details
      .map((detail) => detail.field)
      .filter((name): name is Field => fields.includes(name as Field));
    return show(
      Object.fromEntries(named.map((name) => [name, told(name, values[name]) || t.problems.refused])) as Partial<
        Texts<Field>
      >,
    );
  };

  return { values, setValues, field, submit, refused };
}
