"use client";

import type { RefObject } from "react";
import type { Wanted } from "@/lib/staff/client";
import type { DeskState } from "@/lib/staff/useEvents";
import { CHANNELS, named, QUEUES, SEVERITIES } from "@/lib/staff/words";
import { useSpeech } from "./Speech";

export interface ListChoice {
  name: "waiting" | "mine" | "nobodys" | "drafts" | "agents" | "done";
  wanted: Pick<Wanted, "list" | "assignee">;
  count: (state: DeskState, me: string) => number | null;
}

export const LISTS: ListChoice[] = [
  { name: "waiting", wanted: { list: "handed_over", assignee: "" }, count: (state) => state.handed_over },
  { name: "mine", wanted: { list: "handed_over", assignee: "me" }, count: (state, me) => state.assigned[me] ?? 0 },
  { name: "nobodys", wanted: { list: "handed_over", assignee: "nobody" }, count: (state) => state.unassigned },
  { name: "drafts", wanted: { list: "drafts", assignee: "" }, count: (state) => state.drafts },
  { name: "agents", wanted: { list: "agent", assignee: "" }, count: () => null },
  { name: "done", wanted: { list: "closed", assignee: "" }, count: () => null },
];

interface Props {
  wanted: Wanted;
  state: DeskState | null;
  me: string;
  search: string;
  box: RefObject<HTMLInputElement | null>;
  onWanted: (change: Partial<Wanted>) => void;
  onSearch: (text: string) => void;
}

/** The lists with their sizes, the filters and the search. */
export function Bar({ wanted, state, me, search, box, onWanted, onSearch }: Props) {
  const { t, number } = useSpeech();
  return (
    <div className="border-b border-edge p-3">
      <fieldset className="flex flex-wrap gap-1" aria-label={t.lists.label}>
        {LISTS.map((choice) => {
          const count = state && choice.count(state, me);
          const chosen =
            !wanted.search && choice.wanted.list === wanted.list && choice.wanted.assignee === wanted.assignee;
          return (
            <button
              key={choice.name}
              type="button"
              aria-pressed={chosen}
              onClick={() => {
                onSearch("");
                onWanted({ ...choice.wanted, search: "" });
              }}
              className="min-h-8 rounded-full px-2.5 text-sm text-soft hover:text-text aria-pressed:bg-tint aria-pressed:font-semibold aria-pressed:text-accent-strong"
            >
              {t.lists[choice.name]} {count !== null && <span className="tabular-nums">{number(count)}</span>}
            </button>
          );
        })}
      </fieldset>
      <input
        ref={box}
        type="search"
        aria-label={t.search.label}
        placeholder={t.search.hint}
        value={search}
        onChange={(event) => onSearch(event.target.value)}
        className="mt-2 block min-h-9 w-full rounded-lg border border-line bg-card px-3 text-sm"
      />
      <div className="mt-2 grid grid-cols-3 gap-2">
        <Filter
          label={t.filters.queue}
          value={wanted.queue}
          of={QUEUES}
          names={t.queues}
          onChange={(queue) => onWanted({ queue })}
        />
        <Filter
          label={t.filters.severity}
          value={wanted.severity}
          of={SEVERITIES}
          names={t.severities}
          onChange={(severity) => onWanted({ severity })}
        />
        <Filter
          label={t.filters.channel}
          value={wanted.channel}
          of={CHANNELS}
          names={t.channels}
          onChange={(channel) => onWanted({ channel })}
        />
      </div>
    </div>
  );
}

interface FilterProps {
  label: string;
  value: string;
  of: string[];
  names: Record<string, string>;
  onChange: (value: string) => void;
}

function Filter({ label, value, of, names, onChange }: FilterProps) {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className="min-h-9 min-w-0 rounded-lg border border-line bg-card px-2 text-sm"
    >
      <option value="">{label}</option>
      {of.map((code) => (
        <option key={code} value={code}>
          {named(names, code)}
        </option>
      ))}
    </select>
  );
}
