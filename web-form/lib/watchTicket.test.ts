import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Api, ApiError } from "./api";
import { conversation, type Ticket, watchTicket } from "./watchTicket";

const TICKET = {
  ticket_id: "TKT-0042",
  status: "open",
  messages: [{ direction: "inbound", text: "How?", channel: "web_form", created_at: "2026-01-01T00:00:00Z" }],
  responses: [],
} as unknown as Ticket;
const OPENER = { number: "TKT-0042", token: "t" };

let answer: () => Promise<Ticket>;
let asked: number;
const api = {
  get: () => {
    asked += 1;
    return answer();
  },
} as unknown as Api;

function watch() {
  const states: string[] = [];
  const tickets: Ticket[] = [];
  const { look, stop } = watchTicket(api, OPENER, {
    onTicket: (one) => tickets.push(one),
    onState: (one) => states.push(one),
  });
  return { look, stop, states, tickets };
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  answer = async () => TICKET;
});
afterEach(() => vi.useRealTimers());

it("asks ever more rarely while nothing changes, and often again after a change", async () => {
  const { stop, tickets } = watch();
  await vi.advanceTimersByTimeAsync(60_000);
  const inTheFirstMinute = asked;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(inTheFirstMinute).toBeGreaterThan(6);
  expect(asked - inTheFirstMinute).toBeLessThan(25); // every 30 s at most
  expect(tickets).toHaveLength(1);
  answer = async () => ({ ...TICKET, status: "waiting" });
  while (tickets.length < 2) await vi.advanceTimersByTimeAsync(1_000);
  const before = asked;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked - before).toBeGreaterThanOrEqual(3);
  expect(tickets).toHaveLength(2);
  stop();
});

it("ends with a closed ticket, and with one that these two do not open", async () => {
  answer = async () => ({ ...TICKET, status: "closed" });
  watch();
  await vi.advanceTimersByTimeAsync(600_000);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(asked).toBe(1);
  answer = () => Promise.reject(new ApiError(404));
  const { states } = watch();
  await vi.advanceTimersByTimeAsync(600_000);
  expect([asked, states]).toEqual([2, ["gone"]]);
});

it("says that the service is away, keeps asking, and says when it is back", async () => {
  answer = () => Promise.reject(new ApiError(0));
  const { states, stop } = watch();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(states.at(-1)).toBe("away");
  answer = async () => TICKET;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(states.at(-1)).toBe("shown");
  stop();
});

it("does not ask while the page is hidden, and at once when it is seen", async () => {
  const { stop } = watch();
  await vi.advanceTimersByTimeAsync(0);
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked).toBe(1);
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(asked).toBe(2);
  hidden.mockRestore();
  stop();
});

it("puts both sides in the order of time, answers without the channel's frame", () => {
  const responses = [
    {
      text: "Hello Ada,\n\nSo.\n\nBye",
      body: "So.",
      channel: "web_form",
      created_at: "2026-01-01T00:00:01Z",
      author: "agent",
    },
  ];
  expect(conversation({ ...TICKET, responses } as Ticket).map(({ author, text }) => [author, text])).toEqual([
    ["customer", "How?"],
    ["agent", "So."],
  ]);
});
