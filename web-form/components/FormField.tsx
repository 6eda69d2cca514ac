import type { FocusEvent, ReactNode, Ref } from "react";

const CONTROL =
  "block w-full min-h-11 rounded-lg border bg-card px-3 py-2 text-text aria-invalid:border-bad aria-invalid:bg-bad-tint border-line hover:border-soft focus-visible:border-accent focus-visible:outline-offset-0 disabled:opacity-75 [&[readonly]]:opacity-75";

export interface Choice {
  value: string;
  label: string;
}

interface Props {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  onBlur?: (event: FocusEvent) => void;
  /** What is wrong with it, in words; empty: nothing. */
  error?: string;
  hint?: string;
  /** A word beside the label, for fields that may be left out. */
  optional?: string;
  required?: boolean;
  readOnly?: boolean;
  type?: "text" | "email" | "tel" | "password" | "search" | "date";
  /** A text of this many rows. */
  rows?: number;
  /** A list to choose from. */
  choices?: Choice[];
  /** How many characters there are, shown beside the hint. */
  counter?: { text: string; over: boolean };
  autoComplete?: string;
  placeholder?: string;
  /** Numbers and tokens read from left to right in every language. */
  ltr?: boolean;
  controlRef?: Ref<HTMLInputElement & HTMLTextAreaElement & HTMLSelectElement>;
}

/** A field with its label, hint and problem, which screen readers read with it. */
export function FormField(props: Props) {
  const {
    id,
    label,
    value,
    error = "",
    hint,
    optional,
    required,
    readOnly,
    rows,
    choices,
    counter,
    controlRef,
  } = props;
  const described = [hint || counter ? `${id}-hint` : "", `${id}-error`].filter(Boolean).join(" ");
  const common = {
    id,
    name: id,
    value,
    required,
    "aria-invalid": Boolean(error),
    "aria-describedby": described,
    onBlur: props.onBlur,
    onChange: (event: { target: { value: string } }) => props.onChange(event.target.value),
    className: CONTROL,
    ref: controlRef,
    dir: props.ltr ? "ltr" : undefined,
  };
  let control: ReactNode;
  if (choices) {
    control = (
      <select {...common} disabled={readOnly}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    );
  } else if (rows) {
    control = <textarea {...common} rows={rows} readOnly={readOnly} />;
  } else {
    control = (
      <input
        {...common}
        type={props.type ?? "text"}
        readOnly={readOnly}
        autoComplete={props.autoComplete ?? "off"}
        placeholder={props.placeholder}
        spellCheck={props.ltr ? false : undefined}
      />
    );
  }
  return (
    <div className="mb-5 min-w-0">
      <label htmlFor={id} className="mb-1.5 block font-semibold">
        {label}
        {optional && <span className="ms-1.5 text-sm font-normal text-soft">{optional}</span>}
      </label>
      {control}
      {(hint || counter) && (
        <p id={`${id}-hint`} className="mt-1.5 flex flex-wrap justify-between gap-x-4 text-sm text-soft">
          <span>{hint}</span>
          {counter && (
            <span className={`tabular-nums ${counter.over ? "font-semibold text-bad" : ""}`}>{counter.text}</span>
          )}
        </p>
      )}
      <p id={`${id}-error`} aria-live="polite" className="mt-1.5 text-sm font-medium text-bad empty:hidden">
        {error}
      </p>
    </div>
  );
}
