// The last ticket's link, kept in the reader's browser. A browser that keeps nothing only forgets it with the page.

import type { Opener } from "../lib/watchTicket";

const key = (origin: string) => `nightdesk:${origin}`;

export function remembered(origin: string): Opener | null {
  try {
    const { number, token } = JSON.parse(localStorage.getItem(key(origin)) ?? "{}");
    return typeof number === "string" && typeof token === "string" ? { number, token } : null;
  } catch {
    return null;
  }
}

export function remember(origin: string, opener: Opener | null): void {
  try {
    if (opener) localStorage.setItem(key(origin), JSON.stringify(opener));
    else localStorage.removeItem(key(origin));
  } catch {
    // storage is switched off
  }
}
