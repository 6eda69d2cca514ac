"use client";

import { useEffect, useState } from "react";
import { Notice } from "@/components/Notice";
import { ApiError } from "@/lib/api";
import { company } from "@/lib/company";
import type { DigestPair, Staff } from "@/lib/staff/client";
import { useShortcuts } from "@/lib/staff/useShortcuts";
import { CHANNELS, words } from "@/lib/staff/words";
import { Gate } from "../Gate";
import { Tool } from "../parts";
import { Chart } from "./Chart";
import { Tiles } from "./Tiles";
import { Topics } from "./Topics";

const DAY_MS = 86_400_000;
const shift = (day: string, days: number) => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
const length = (first: string, last: string) => Math.round((Date.parse(last) - Date.parse(first)) / DAY_MS) + 1;

/** The digest of a day or of some days. */
export function DigestPage() {
  return <Gate>{({ staff, onOut }) => <Shown staff={staff} onOut={onOut} />}</Gate>;
}

function asked(): { day: string; until: string } {
  const query = new URLSearchParams(location.search);
  return { day: query.get("day") ?? "", until: query.get("until") ?? "" };
}

function Shown({ staff, onOut }: { staff: Staff; onOut: (reason?: string) => void }) {
  const [days, setDays] = useState(asked);
  const [pair, setPair] = useState<DigestPair | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let wanted = true;
    staff.digest(days.day, days.until).then(
      (found) => {
        if (!wanted) return;
        setPair(found);
        setProblem("");
      },
      (error) => {
        if (!wanted) return;
        if (error instanceof ApiError && error.status === 401) return onOut(error.message);
        setProblem(error instanceof ApiError && error.away ? "The service is away for a moment." : error.message);
      },
    );
    return () => {
      wanted = false;
    };
  }, [staff, days, onOut]);

  function choose(day: string, until: string) {
    const last = until && until > day ? until : "";
    history.replaceState(null, "", `?${new URLSearchParams({ day, ...(last && { until: last }) })}`);
    setDays({ day, until: last });
  }
  const first = days.day || (pair?.digest.first_day ?? "");
  const last = days.until || first;
  const move = (by: number) => {
    if (!first) return;
    const step = by * length(first, last);
    choose(shift(first, step), last === first ? "" : shift(last, step));
  };
  useShortcuts({ "[": () => move(-1), "]": () => move(1) });

  const several = first !== last;
  return (
    <main id="main" className="mx-auto w-full max-w-7xl px-4 py-5">
      <header className="mb-5 flex flex-wrap items-end justify-between gap-4">
        <div>
          <p className="text-sm text-soft">
            <a href="/staff">{company().name} desk</a>
          </p>
          <h1 className="text-2xl font-semibold">{several ? `Digest of ${first} to ${last}` : `Digest of ${first}`}</h1>
          {pair && <p className="text-sm text-soft">{`Days of ${pair.timezone}`}</p>}
        </div>
        <div className="flex flex-wrap items-end gap-2">
          <Day label="From" value={first} onChange={(day) => choose(day, days.until)} />
          <Day label="To" value={last} onChange={(until) => choose(first, until)} />
          <Tool hint="[" onClick={() => move(-1)}>
            Before
          </Tool>
          <Tool hint="]" onClick={() => move(1)}>
            After
          </Tool>
        </div>
      </header>
      <Notice text={problem} />
      {!pair && !problem && <p className="text-soft">Loading …</p>}
      {pair && !problem && <Figures pair={pair} several={several} />}
    </main>
  );
}

function Day({ label, value, onChange }: { label: string; value: string; onChange: (day: string) => void }) {
  return (
    <label className="text-sm text-soft">
      {label}
      <input
        type="date"
        value={value}
        onChange={(event) => event.target.value && onChange(event.target.value)}
        className="ms-1.5 min-h-9 rounded-lg border border-line bg-card px-2 text-text"
      />
    </label>
  );
}

function Figures({ pair, several }: { pair: DigestPair; several: boolean }) {
  const { digest, before } = pair;
  const beforeName = several ? "days before" : "day before";
  const names = digest.channels.map(({ channel }) => CHANNELS[channel] ?? channel);
  const reasons = Object.keys({ ...digest.totals.escalations, ...before.totals.escalations });
  const of = <T,>(take: (counts: (typeof digest.channels)[number]) => T) => digest.channels.map(take);
  return (
    <div className="grid gap-4">
      <Tiles now={digest.totals} before={before.totals} beforeName={beforeName} />
      <div className="grid items-start gap-4 md:grid-cols-2">
        <Chart
          title="Messages by channel"
          labels={names}
          series={[
            {
              name: several ? "these days" : "this day",
              colour: "--accent",
              values: of((c) => c.figures.message_volume),
            },
            {
              name: beforeName,
              colour: "--line",
              values: before.channels.map(({ figures }) => figures.message_volume),
            },
          ]}
        />
        <Chart
          title="First answer by channel, seconds"
          labels={names}
          unit="s"
          series={[
            { name: "half within", colour: "--accent", values: of((c) => c.first_answer.p50_s) },
            { name: "nine of ten within", colour: "--warm", values: of((c) => c.first_answer.p90_s) },
            { name: "95 % within", colour: "--line", values: of((c) => c.first_answer.p95_s) },
          ]}
        />
        <Chart
          title="What became of the tickets that ended"
          labels={names}
          stacked
          series={[
            { name: "durably resolved", colour: "--good", values: of((c) => c.resolution.durable) },
            { name: "not known yet", colour: "--accent", values: of((c) => c.resolution.pending) },
            { name: "reopened", colour: "--warm", values: of((c) => c.resolution.reopened) },
            { name: "given up", colour: "--bad", values: of((c) => c.resolution.given_up) },
          ]}
        />
        <Chart
          title="Mood of the messages"
          labels={names}
          stacked
          series={[
            { name: "angry", colour: "--bad", values: of((c) => c.mood.angry) },
            { name: "uneasy", colour: "--warm", values: of((c) => c.mood.uneasy) },
            {
              name: "calm or content",
              colour: "--good",
              values: of(({ mood }) => mood.messages - mood.angry - mood.uneasy),
            },
          ]}
        />
        {reasons.length > 0 && (
          <Chart
            title="Handed over, by reason"
            labels={reasons.map(words)}
            lying
            series={[
              {
                name: several ? "these days" : "this day",
                colour: "--accent",
                values: reasons.map((reason) => digest.totals.escalations[reason] ?? 0),
              },
              {
                name: beforeName,
                colour: "--line",
                values: reasons.map((reason) => before.totals.escalations[reason] ?? 0),
              },
            ]}
          />
        )}
        <Topics title="Most asked" topics={digest.issues} none="No two questions were about the same." />
        <Topics
          title="Without an answer in the knowledge base"
          topics={digest.unanswered}
          none="Nothing was asked in vain."
        />
      </div>
    </div>
  );
}
