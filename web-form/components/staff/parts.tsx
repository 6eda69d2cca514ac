import type { ButtonHTMLAttributes, ReactNode } from "react";

const TONES = {
  plain: "border-line text-soft",
  accent: "border-transparent bg-tint text-accent-strong",
  bad: "border-transparent bg-bad-tint text-bad",
  warm: "border-transparent bg-warm-tint text-warm",
  good: "border-transparent bg-good-tint text-good",
};
export type Tone = keyof typeof TONES;

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-block rounded-full border px-2 py-px text-xs font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}

export const severityTone = (severity: string | null): Tone =>
  severity === "critical" ? "bad" : severity === "high" ? "warm" : "plain";

interface ToolProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** The key that does the same. */
  hint?: string;
  strong?: boolean;
}

/** A small button of the desk, with its key. */
export function Tool({ hint, strong = false, className = "", children, ...rest }: ToolProps) {
  const look = strong
    ? "border-transparent bg-accent font-semibold text-on-accent hover:bg-accent-strong"
    : "border-line text-text hover:bg-tint";
  return (
    <button
      type="button"
      {...rest}
      className={`inline-flex min-h-9 items-center gap-1.5 rounded-lg border px-3 py-1 text-sm disabled:opacity-60 ${look} ${className}`}
    >
      {children}
      {hint && <Key>{hint}</Key>}
    </button>
  );
}

export function Key({ children }: { children: ReactNode }) {
  return (
    <span
      aria-hidden="true"
      dir="ltr"
      className="rounded border border-current px-1 font-mono text-[0.7rem] leading-4 opacity-80"
    >
      {children}
    </span>
  );
}

/** A panel of the side column that can be folded. */
export function Panel({ title, open = true, children }: { title: string; open?: boolean; children: ReactNode }) {
  return (
    <details open={open} className="border-b border-edge px-4 py-3">
      <summary className="text-sm font-semibold">{title}</summary>
      <div className="pt-2 text-sm">{children}</div>
    </details>
  );
}

/** Terms and their values; those without a value are left out. */
export function Facts({ of }: { of: [string, ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
      {of
        .filter(([, value]) => value)
        .map(([term, value]) => (
          <div key={term} className="contents">
            <dt className="text-soft">{term}</dt>
            <dd className="min-w-0 wrap-anywhere">{value}</dd>
          </div>
        ))}
    </dl>
  );
}
