"use client";

import { useEffect, useState } from "react";
import { Notice } from "@/components/Notice";
import { ApiError } from "@/lib/api";
import { company } from "@/lib/company";
import { fill } from "@/lib/i18n/fill";
import type { DigestPair, Staff } from "@/lib/staff/client";
import { useShortcuts } from "@/lib/staff/useShortcuts";
import { named } from "@/lib/staff/words";
import { Gate } from "../Gate";
import { askedLanguage, Languages } from "../Languages";
import { Tool } from "../parts";
import { useSpeech } from "../Speech";
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
  const { t, why, day: written } = useSpeech();
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
        if (error instanceof ApiError && error.status === 401) return onOut(why(error));
        setProblem(why(error));
      },
    );
    return () => {
      wanted = false;
    };
  }, [staff, days, onOut, why]);

  function choose(day: string, until: string) {
    const last = until && until > day ? until : "";
    const language = new URLSearchParams(location.search).get("lang");
    const query = { ...(language && { lang: language }), day, ...(last && { until: last }) };
    history.replaceState(null, "", `?${new URLSearchParams(query)}`);
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
  const shownDays = { first: first && written(first), last: last && written(last) };
  return (
    <main id="main" className="mx-auto w-full max-w-7xl px-4 py-5">
      <header className="mb-5 flex flex-wrap items-end justify-between gap-4">
        <div>
          <p className="text-sm text-soft">
            <a href={`/staff${askedLanguage()}`}>{fill(t.titleOf, { company: company().name })}</a>
          </p>
          <title>{t.digest.title}</title>
          <h1 className="text-2xl font-semibold">
            {first && fill(several ? t.digest.ofDays : t.digest.of, shownDays)}
          </h1>
          {pair && <p className="text-sm text-soft">{fill(t.digest.zone, { zone: pair.timezone })}</p>}
        </div>
        <div className="flex flex-wrap items-end gap-2">
          <Day label={t.digest.from} value={first} onChange={(day) => choose(day, days.until)} />
          <Day label={t.digest.to} value={last} onChange={(until) => choose(first, until)} />
          <Tool hint="[" onClick={() => move(-1)}>
            {t.digest.before}
          </Tool>
          <Tool hint="]" onClick={() => move(1)}>
            {t.digest.after}
          </Tool>
        </div>
      </header>
      <Notice text={problem} />
      {!pair && !problem && <p className="text-soft">{t.loading}</p>}
      {pair && !problem && <Figures pair={pair} several={several} />}
      <div className="mt-6">
        <Languages />
      </div>
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
  const { t } = useSpeech();
  const words = t.digest;
  const beforeName = several ? words.daysBefore : words.dayBefore;
  const nowName = several ? words.theseDays : words.thisDay;
  const names = digest.channels.map(({ channel }) => named(t.channels, channel));
  const reasons = Object.keys({ ...digest.totals.escalations, ...before.totals.escalations });
  const of = <T,>(take: (counts: (typeof digest.channels)[number]) => T) => digest.channels.map(take);
  return (
    <div className="grid gap-4">
      <Tiles now={digest.totals} before={before.totals} beforeName={beforeName} />
      <div className="grid items-start gap-4 md:grid-cols-2">
        <Chart
          title={words.byChannel}
          labels={names}
          series={[
            { name: nowName, colour: "--accent", values: of((c) => c.figures.message_volume) },
            {
              name: beforeName,
              colour: "--line",
              values: before.channels.map(({ figures }) => figures.message_volume),
            },
          ]}
        />
        <Chart
          title={words.firstAnswer}
          labels={names}
          unit={words.seconds}
          series={[
            { name: words.half, colour: "--accent", values: of((c) => c.first_answer.p50_s) },
            { name: words.nine, colour: "--warm", values: of((c) => c.first_answer.p90_s) },
            { name: words.most, colour: "--line", values: of((c) => c.first_answer.p95_s) },
          ]}
        />
        <Chart
          title={words.ended}
          labels={names}
          stacked
          series={[
            { name: words.durable, colour: "--good", values: of((c) => c.resolution.durable) },
            { name: words.pending, colour: "--accent", values: of((c) => c.resolution.pending) },
            { name: words.reopened, colour: "--warm", values: of((c) => c.resolution.reopened) },
            { name: words.givenUp, colour: "--bad", values: of((c) => c.resolution.given_up) },
          ]}
        />
        <Chart
          title={words.moods}
          labels={names}
          stacked
          series={[
            { name: t.mood.angry, colour: "--bad", values: of((c) => c.mood.angry) },
            { name: t.mood.uneasy, colour: "--warm", values: of((c) => c.mood.uneasy) },
            {
              name: words.calm,
              colour: "--good",
              values: of(({ mood }) => mood.messages - mood.angry - mood.uneasy),
            },
          ]}
        />
        {reasons.length > 0 && (
          <Chart
            title={words.reasons}
            labels={reasons.map((reason) => named(t.reasons, reason))}
            lying
            series={[
              {
                name: nowName,
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
        <Topics title={words.asked} topics={digest.issues} none={words.askedNone} />
        <Topics title={words.unanswered} topics={digest.unanswered} none={words.unansweredNone} />
      </div>
    </div>
  );
}
