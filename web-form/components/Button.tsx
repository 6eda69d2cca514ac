import type { ButtonHTMLAttributes } from "react";

const SHAPE = "inline-flex min-h-11 items-center justify-center gap-2 rounded-lg border px-5 py-2 no-underline";
const KINDS = {
  primary: "border-transparent bg-accent font-semibold text-on-accent hover:bg-accent-strong",
  quiet: "border-line bg-transparent font-medium text-accent hover:bg-tint",
};

/** The classes of a button, for links that look like one. */
export const buttonLook = (kind: keyof typeof KINDS = "primary") => `${SHAPE} ${KINDS[kind]}`;

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: keyof typeof KINDS;
  /** While a call runs: disabled, with a turning circle. */
  busy?: boolean;
}

export function Button({ kind = "primary", busy = false, type = "button", className = "", ...rest }: Props) {
  const { children, disabled, ...attributes } = rest;
  return (
    <button
      {...attributes}
      type={type}
      disabled={disabled || busy}
      aria-busy={busy}
      className={`${buttonLook(kind)} disabled:cursor-progress disabled:opacity-75 ${className}`}
    >
      {busy && (
        <span
          aria-hidden="true"
          className="size-4 animate-spin rounded-full border-2 border-current border-e-transparent"
        />
      )}
      {children}
    </button>
  );
}
