import type { Counts } from "@/lib/staff/client";
import { span } from "@/lib/staff/words";

const percent = (share: number | null) => (share === null ? "–" : `${Math.round(share * 100)} %`);
const share = (part: number, whole: number) => (whole ? part / whole : null);

interface Tile {
  name: string;
  of: (counts: Counts) => string;
  /** What the figure leaves out or stands for. */
  note: (counts: Counts) => string;
}

const TILES: Tile[] = [
  {
    name: "Messages",
    of: ({ figures }) => String(figures.message_volume),
    note: ({ figures }) => `in ${figures.conversation_count} new conversations`,
  },
  {
    name: "Durably resolved",
    of: ({ resolution }) => percent(resolution.rate),
    note: ({ resolution: { durable, reopened, given_up, pending } }) =>
      `${durable} for 72 h, ${reopened} reopened, ${given_up} given up, ${pending} not known yet`,
  },
  {
    name: "First answer, half within",
    of: ({ first_answer: { p50_s } }) => (p50_s === null ? "–" : span(p50_s)),
    note: ({ first_answer }) => `${first_answer.answered} of ${first_answer.tickets} tickets answered`,
  },
  {
    name: "Handed over",
    of: ({ figures }) => String(figures.escalation_count),
    note: ({ figures }) => `${percent(figures.escalation_rate)} of the replies`,
  },
  {
    name: "Mood",
    of: ({ figures }) => figures.average_sentiment?.toFixed(2) ?? "–",
    note: ({ mood }) => `${mood.angry} angry, ${mood.uneasy} uneasy of ${mood.messages}`,
  },
  {
    name: "Good marks",
    of: ({ ratings }) => percent(share(ratings.good, ratings.good + ratings.bad)),
    note: ({ ratings }) => `${ratings.good} good, ${ratings.bad} bad`,
  },
];

/** The day's figures, each beside that of the day before. */
export function Tiles({ now, before, beforeName }: { now: Counts; before: Counts; beforeName: string }) {
  return (
    <dl className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6">
      {TILES.map(({ name, of, note }) => (
        <div key={name} className="rounded-2xl border border-edge bg-card p-4">
          <dt className="text-sm text-soft">{name}</dt>
          <dd className="text-2xl font-semibold tabular-nums">{of(now)}</dd>
          <dd className="text-sm text-soft">{note(now)}</dd>
          <dd className="text-sm text-soft">{`${beforeName}: ${of(before)}`}</dd>
        </div>
      ))}
    </dl>
  );
}
