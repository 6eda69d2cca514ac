import { fill } from "@/lib/i18n/fill";
import { useSpeech } from "./Speech";

const WIDTH = 120;
const HEIGHT = 28;
const EDGE = 3;

/** The customer's mood over their messages as a small line, from angry (below) to content (above). */
export function Mood({ scores, trend }: { scores: number[]; trend: number | null }) {
  const { t, mood, number } = useSpeech();
  const last = scores.at(-1);
  if (last === undefined) return null;
  const x = (index: number) =>
    scores.length === 1 ? WIDTH / 2 : EDGE + (index / (scores.length - 1)) * (WIDTH - 2 * EDGE);
  const y = (score: number) => EDGE + (1 - score) * (HEIGHT - 2 * EDGE);
  const way = trend === null || Math.abs(trend) <= 0.05 ? "" : trend < 0 ? t.mood.falling : t.mood.rising;
  const said = `${mood(last)} (${[number(last, 2), way].filter(Boolean).join("; ")})`;
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <svg
        width={WIDTH}
        height={HEIGHT}
        role="img"
        aria-label={fill(t.mood.label, { count: number(scores.length), said })}
      >
        <line x1="0" x2={WIDTH} y1={y(0.3)} y2={y(0.3)} className="stroke-bad" strokeDasharray="2 3" />
        <polyline
          points={scores.map((score, index) => `${x(index)},${y(score)}`).join(" ")}
          className="fill-none stroke-accent"
          strokeWidth="2"
        />
        <circle cx={x(scores.length - 1)} cy={y(last)} r="3" className={last < 0.3 ? "fill-bad" : "fill-accent"} />
      </svg>
      <span className="text-sm text-soft" aria-hidden="true">
        {said}
      </span>
    </span>
  );
}
