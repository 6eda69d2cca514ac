import { fill } from "@/lib/i18n/fill";
import type { Counts } from "@/lib/staff/client";
import type { Speech } from "@/lib/staff/words";
import { useSpeech } from "../Speech";

const percent = (share: number | null, speech: Speech) => (share === null ? "–" : speech.percent(share));
const share = (part: number, whole: number) => (whole ? part / whole : null);

type Words = Speech["t"]["digest"]["tiles"];
interface Tile {
  name: keyof Words;
  of: (counts: Counts, speech: Speech) => string;
  /** What the figure leaves out or stands for. */
  note: keyof Words;
  values: (counts: Counts, speech: Speech) => Record<string, number | string>;
}

const TILES: Tile[] = [
  {
    name: "messages",
    of: ({ figures }, { number }) => number(figures.message_volume),
    note: "messagesNote",
    values: ({ figures }) => ({ count: figures.conversation_count }),
  },
  {
    name: "resolved",
    of: ({ resolution }, speech) => percent(resolution.rate, speech),
    note: "resolvedNote",
    values: ({ resolution: { durable, reopened, given_up, pending } }) => ({ durable, reopened, given_up, pending }),
  },
  {
    name: "first",
    of: ({ first_answer: { p50_s } }, { span }) => (p50_s === null ? "–" : span(p50_s)),
    note: "firstNote",
    values: ({ first_answer: { answered, tickets } }) => ({ answered, tickets }),
  },
  {
    name: "handedOver",
    of: ({ figures }, { number }) => number(figures.escalation_count),
    note: "handedOverNote",
    values: ({ figures }, speech) => ({ percent: percent(figures.escalation_rate, speech) }),
  },
  {
    name: "mood",
    of: ({ figures: { average_sentiment } }, { number }) =>
      average_sentiment === null ? "–" : number(average_sentiment, 2),
    note: "moodNote",
    values: ({ mood: { angry, uneasy, messages } }) => ({ angry, uneasy, messages }),
  },
  {
    name: "marks",
    of: ({ ratings: { good, bad } }, speech) => percent(share(good, good + bad), speech),
    note: "marksNote",
    values: ({ ratings: { good, bad } }) => ({ good, bad }),
  },
];

/** The day's figures, each beside that of the day before. */
export function Tiles({ now, before, beforeName }: { now: Counts; before: Counts; beforeName: string }) {
  const speech = useSpeech();
  const { digest } = speech.t;
  const written = (values: Record<string, number | string>) =>
    Object.fromEntries(
      Object.entries(values).map(([key, one]) => [key, typeof one === "number" ? speech.number(one) : one]),
    );
  return (
    <dl className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6">
      {TILES.map(({ name, of, note, values }) => (
        <div key={name} className="rounded-2xl border border-edge bg-card p-4">
          <dt className="text-sm text-soft">{digest.tiles[name]}</dt>
          <dd className="text-2xl font-semibold tabular-nums">{of(now, speech)}</dd>
          <dd className="text-sm text-soft">{fill(digest.tiles[note], written(values(now, speech)))}</dd>
          <dd className="text-sm text-soft">{fill(digest.beside, { name: beforeName, value: of(before, speech) })}</dd>
        </div>
      ))}
    </dl>
  );
}
