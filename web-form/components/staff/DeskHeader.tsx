"use client";

import { company } from "@/lib/company";
import { fill } from "@/lib/i18n/fill";
import type { Session } from "@/lib/staff/client";
import type { DeskState } from "@/lib/staff/useEvents";
import { askedLanguage } from "./Languages";
import { Tool } from "./parts";
import { useSpeech } from "./Speech";

interface Props {
  session: Session;
  state: DeskState | null;
  live: boolean;
  /** How much wants a person beside the conversations. */
  wanting: number;
  overview: boolean;
  onOverview: () => void;
  onKeys: () => void;
  onLeave: () => void;
}

/** The desk's name, what is late, and the ways to its other pages. */
export function DeskHeader({ session, state, live, wanting, overview, onOverview, onKeys, onLeave }: Props) {
  const { t, number } = useSpeech();
  return (
    <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-edge bg-card px-4 py-2">
      <h1 className="flex items-center gap-2 font-semibold">
        {/* biome-ignore lint/performance/noImgElement: the product serves the logo as it is */}
        <img src="/assets/logo" alt="" width="24" height="24" /> {fill(t.titleOf, { company: company().name })}
      </h1>
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-soft">
        {state && state.overdue > 0 && (
          <span className="font-semibold text-bad">{fill(t.header.late, { count: number(state.overdue) })}</span>
        )}
        <span>{live ? t.header.live : t.header.connecting}</span>
        <Tool hint="o" onClick={onOverview} aria-pressed={overview}>
          {t.header.overview}
          {wanting > 0 && <span className="font-semibold text-bad tabular-nums">{number(wanting)}</span>}
        </Tool>
        <a href={`/staff/digest${askedLanguage()}`}>{t.header.digest}</a>
        <span className="wrap-anywhere">{session.name}</span>
        {session.by === "session" && <Tool onClick={onLeave}>{t.header.signOut}</Tool>}
        <Tool hint="?" onClick={onKeys}>
          {t.header.keys}
        </Tool>
      </p>
    </header>
  );
}
