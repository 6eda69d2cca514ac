import type { ReactNode } from "react";

export function Card({ children, className = "" }: { children: ReactNode; className?: string }) {
  return <div className={`rounded-2xl border border-edge bg-card p-5 shadow-card sm:p-7 ${className}`}>{children}</div>;
}
