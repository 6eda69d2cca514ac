import type { Message } from "./client";

/** A code in words: `no_kb_match` is "no kb match". */
export const words = (code: string | null | undefined) => (code ?? "").replaceAll("_", " ");

export const CHANNELS: Record<string, string> = { email: "Mail", whatsapp: "WhatsApp", web_form: "Web form" };
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

const whole = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
export const when = (iso: string) => whole.format(new Date(iso));

/** The day so many days before today, where the reader is: 2026-11-30. */
export function dayBefore(days: number): string {
  const day = new Date();
  day.setDate(day.getDate() - days);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/** A length of time in its largest unit or two: "40 s", "12 min", "3 h 5 min", "4 d". */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d`;
}

export interface Clock {
  text: string;
  tone: "bad" | "warm" | "soft";
}

const SOON_S = 30 * 60;

/** The clock of a hand-over or a draft: when it must be taken. Null: nothing runs. */
export function clock(work: { due_at: string | null; taken_at: string | null }, now: number): Clock | null {
  if (!work.due_at || work.taken_at) return null;
  const left = (Date.parse(work.due_at) - now) / 1000;
  if (left < 0) return { text: `late by ${span(-left)}`, tone: "bad" };
  return { text: `due in ${span(left)}`, tone: left < SOON_S ? "warm" : "soft" };
}

const DELIVERY: Record<string, string> = {
  ready: "about to leave",
  sending: "on its way",
  sent: "sent",
  failed: "failed",
  unknown: "not known whether it arrived",
  parked: "could not be delivered",
  cancelled: "taken back before it left",
};

/** How a message fares, and whether a person has to see to it. */
export function delivery(message: Message): { text: string; bad: boolean } | null {
  if (message.direction === "inbound")
    return message.inbox_state === "held" ? { text: "kept for a person", bad: false } : null;
  const state = message.outbox_state ?? message.delivery_status;
  if (!state) return null;
  const bad = ["failed", "unknown", "parked"].includes(state);
  const cause = (bad || state === "cancelled") && message.last_error ? `: ${message.last_error}` : "";
  return { text: `${DELIVERY[state] ?? words(state)}${cause}`, bad };
}

/** A mood score in a word. */
export function mood(score: number | null): string {
  if (score === null) return "";
  if (score < 0.3) return "angry";
  if (score < 0.5) return "uneasy";
  return score < 0.75 ? "calm" : "content";
}
