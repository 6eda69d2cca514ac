import { ApiError } from "@/lib/api";
import type { DeskMessages } from "@/lib/i18n/desk/en";
import { fill } from "@/lib/i18n/fill";
import { day, tag, when } from "@/lib/when";
import type { Message } from "./client";

export const CHANNELS = ["email", "whatsapp", "web_form"];
export const QUEUES = ["billing", "legal", "technical", "general"];
export const SEVERITIES = ["critical", "high", "medium", "low"];
export const CATEGORIES = [
  "account_access",
  "billing",
  "technical",
  "how_to",
  "feature_request",
  "complaint",
  "general",
];

/** A code that no table has, as it reads best: `answer:knowledge_base` is "answer:knowledge base". */
const spelled = (code: string) => code.replaceAll("_", " ");

/** A code's word in a table of the desk's words; a code that it lacks says itself. */
export const named = (table: Record<string, string>, code: string | null | undefined) =>
  code ? (table[code] ?? spelled(code)) : "";

/** The day so many days before today, where the reader is: 2026-11-30. */
export function dayBefore(days: number): string {
  const day = new Date();
  day.setDate(day.getDate() - days);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/** A moment as the API gives it, or null. */
type Moment = string | null;
export interface Clock {
  text: string;
  tone: "bad" | "warm" | "soft";
}

const SOON_S = 30 * 60;

/** What the desk says, in the words of a language, with numbers and times as it writes them. */
export function speech(t: DeskMessages, language: string) {
  const locale = tag(language);
  const formats = new Map<string, Intl.NumberFormat>();
  function format(options: Intl.NumberFormatOptions) {
    const key = JSON.stringify(options);
    const known = formats.get(key) ?? new Intl.NumberFormat(locale, options);
    formats.set(key, known);
    return known;
  }
  /** A number, with exactly so many places behind the point where that is said. */
  const number = (value: number, places?: number) =>
    format({ minimumFractionDigits: places, maximumFractionDigits: places ?? 2 }).format(value);
  const percent = (share: number) => format({ style: "percent", maximumFractionDigits: 0 }).format(share);
  const length = (value: number, unit: string) => format({ style: "unit", unit, unitDisplay: "short" }).format(value);
  const list = (items: string[]) => new Intl.ListFormat(locale, { type: "conjunction" }).format(items);

  /** A length of time in its largest unit or two: "40 sec", "12 min", "3 hr 5 min", "4 days". */
  function span(seconds: number): string {
    if (seconds < 60) return length(Math.max(0, Math.round(seconds)), "second");
    const minutes = Math.round(seconds / 60);
    if (minutes < 60) return length(minutes, "minute");
    const hours = Math.floor(minutes / 60);
    if (hours >= 24) return length(Math.floor(hours / 24), "day");
    const rest = minutes % 60 ? ` ${length(minutes % 60, "minute")}` : "";
    return length(hours, "hour") + rest;
  }

  /** The clock of a hand-over or a draft: when it must be taken. Null: nothing runs. */
  function clock(work: { due_at: Moment; taken_at: Moment }, now: number): Clock | null {
    if (!work.due_at || work.taken_at) return null;
    const left = (Date.parse(work.due_at) - now) / 1000;
    if (left < 0) return { text: fill(t.clock.late, { span: span(-left) }), tone: "bad" };
    return { text: fill(t.clock.due, { span: span(left) }), tone: left < SOON_S ? "warm" : "soft" };
  }

  /** How a message fares, and whether a person has to see to it. */
  function delivery(message: Message): { text: string; bad: boolean } | null {
    if (message.direction === "inbound")
      return message.inbox_state === "held" ? { text: t.talk.held, bad: false } : null;
    const state = message.outbox_state ?? message.delivery_status;
    if (!state) return null;
    const bad = ["failed", "unknown", "parked"].includes(state);
    const cause = (bad || state === "cancelled") && message.last_error ? `: ${message.last_error}` : "";
    return { text: `${named(t.delivery, state)}${cause}`, bad };
  }

  /** A mood score in a word. */
  function mood(score: number | null): string {
    if (score === null) return "";
    if (score < 0.3) return t.mood.angry;
    if (score < 0.5) return t.mood.uneasy;
    return score < 0.75 ? t.mood.calm : t.mood.content;
  }

  /** Why a call failed. The product's own sentences are English: another language has one for each code. */
  function why(error: unknown): string {
    if (!(error instanceof ApiError)) return (error as Error).message;
    if (error.away) return t.away;
    const sentence = (t.errors as Record<string, string>)[error.code] ?? "{message}";
    return fill(sentence, { message: error.message });
  }

  return {
    t,
    language,
    locale,
    number,
    percent,
    list,
    span,
    clock,
    delivery,
    mood,
    why,
    when: (iso: string) => when(iso, language),
    day: (date: string) => day(date, language),
  };
}

export type Speech = ReturnType<typeof speech>;
