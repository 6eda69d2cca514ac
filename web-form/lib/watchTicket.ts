import { type Api, ApiError, type Schemas } from "./api";

export type Ticket = Schemas["TicketView"];
/** A ticket's number and the token that opens it. */
export interface Opener {
  number: string;
  token: string;
}
/** "gone": number and token do not fit. "away": the service does not answer, and is asked again. */
export type Watched = "loading" | "shown" | "gone" | "away";

const FIRST_S = 2;
const SLOWEST_S = 30;
const SLOWEST_AWAY_S = 60;

export const ticketPath = ({ number }: Opener, rest = "") => `/tickets/${encodeURIComponent(number)}${rest}`;
export const ticketQuery = ({ token }: Opener) => `?token=${encodeURIComponent(token)}`;

/** Read `TKT-0042:token`, which stands behind the # so that no server sees it. */
export function opened(hash: string): Opener | null {
  const [number = "", token = ""] = decoded(hash).split(":");
  return number && token ? { number: number.toUpperCase(), token } : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

interface Watcher {
  onTicket: (ticket: Ticket) => void;
  onState: (state: Watched) => void;
}

/**
 * Watch a ticket: every two seconds at first, ever more slowly while nothing changes, not while the page is hidden,
 * and no longer once it is closed. `look` looks now, and often again from then on.
 */
export function watchTicket(
  api: Api,
  opener: Opener,
  { onTicket, onState }: Watcher,
): { look: () => void; stop: () => void } {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let interval = FIRST_S;
  let last = "";
  let asked = 0;

  function shown(found: Ticket): void {
    const text = JSON.stringify(found);
    interval = text === last ? Math.min(interval * 1.25, SLOWEST_S) : FIRST_S;
    if (text !== last) onTicket(found);
    last = text;
    onState("shown");
  }

  async function look(): Promise<void> {
    clearTimeout(timer);
    asked += 1;
    const mine = asked;
    try {
      const found = await api.get<Ticket>(ticketPath(opener) + ticketQuery(opener), { signal: abort.signal });
      if (mine !== asked) return;
      shown(found);
      if (found.status === "closed") return done();
    } catch (error) {
      if (abort.signal.aborted || mine !== asked || !(error instanceof ApiError)) return;
      if (error.status === 404) {
        done();
        return onState("gone");
      }
      if (error.status !== 429) onState("away");
      interval = Math.min(Math.max(error.retryAfter, interval * 1.5), SLOWEST_AWAY_S);
    }
    timer = setTimeout(() => !document.hidden && look(), interval * 1000);
  }

  function again(): void {
    interval = FIRST_S;
    look();
  }
  const seen = () => !document.hidden && again();
  const done = () => document.removeEventListener("visibilitychange", seen);
  document.addEventListener("visibilitychange", seen);
  look();
  return {
    look: again,
    stop: () => {
      abort.abort();
      clearTimeout(timer);
      done();
    },
  };
}

export interface Said {
  author: "customer" | "agent" | "staff" | "system";
  text: string;
  at: string;
  /** The names of its files. */
  files?: string[];
}

/** What the customer wrote and was told, oldest first; answers without the channel's greeting and closing lines. */
export function conversation(ticket: Ticket): Said[] {
  const mine = ticket.messages
    .filter((message) => message.direction === "inbound")
    .map(
      (message): Said => ({
        author: "customer",
        text: message.text,
        at: message.created_at,
        files: message.files ?? [],
      }),
    );
  const ours = ticket.responses.map((one): Said => ({ author: one.author, text: one.body, at: one.created_at }));
  return [...mine, ...ours].sort((one, other) => one.at.localeCompare(other.at));
}
