import { type Api, apiClient, type Options, type Schemas, submissionKeys } from "@/lib/api";

export type Summary = Schemas["Summary"];
export type Talk = Schemas["ConversationFile"];
export type Message = Schemas["MessageFile"];
export type Draft = Schemas["DraftFile"];
export type Decision = Schemas["DecisionRecord"];
export type Customer = Schemas["CustomerFile"];
export type ThreadMessage = Schemas["ThreadMessage"];
export type ReadyAnswer = Schemas["ReadyAnswer"];
export type SentReply = Schemas["SentReply"];
export type Session = Schemas["SessionView"];
export type AskedDraft = Schemas["DraftView"];
export type LearnedEntry = Schemas["EntryView"];
export type LearnedState = "candidate" | "approved";
export type LearnedAction = "approve" | "reject" | "withdraw";

export type DigestPair = Schemas["DigestPair"];
export type Counts = Schemas["CountsView"];
export type Topic = Schemas["TopicView"];

export type ListName = "handed_over" | "drafts" | "agent" | "closed";
export interface Wanted {
  list: ListName;
  queue: string;
  severity: string;
  channel: string;
  assignee: string;
  search: string;
}
export interface Page {
  conversations: Summary[];
  next: string | null;
}

/** An action on a conversation. */
export type Step = "take-over" | "release" | "resolve" | "close" | "label" | "approve" | "reply";

const ours = { credentials: "same-origin" as const, headers: { "X-Nightdesk-Desk": "1" } };
const keyOf = submissionKeys();
const at = (id: string) => `/conversations/${encodeURIComponent(id)}`;

/** The calls of the desk, by the session's cookie. */
export function staffClient(api: Api = apiClient()) {
  const get = <T>(path: string, options: Options = {}) => api.get<T>(path, { ...options, ...ours });
  return {
    session: () => get<Session>("/staff/session"),
    signIn: (key: string) =>
      api.post<Session>(
        "/staff/session",
        {},
        { ...ours, headers: { ...ours.headers, Authorization: `Bearer ${key}` } },
      ),
    ways: () => get<Schemas["WaysIn"]>("/staff/sign-in"),
    signOut: () => api.raw("/staff/session", { ...ours, method: "DELETE" }),
    list: (wanted: Wanted, after?: string) => get<Page>(`/conversations?${query(wanted, after)}`),
    talk: (id: string) => get<Talk>(at(id)),
    customer: (id: string) => get<Customer>(`/customers/${id}`),
    thread: (id: string) => get<{ messages: ThreadMessage[]; next: string | null }>(`/customers/${id}/messages`),
    usage: (id: string) => get<Schemas["ConversationUsage"]>(`${at(id)}/usage`),
    usageOf: (period: "24h" | "7d") => get<Schemas["UsageReport"]>(`/metrics/usage?period=${period}`),
    draft: (id: string) => api.post<AskedDraft>(`${at(id)}/draft`, {}, ours),
    answersOf: (slugs: string[]) =>
      get<{ answers: ReadyAnswer[] }>(
        `/staff/answers?${slugs.map((slug) => `slug=${encodeURIComponent(slug)}`).join("&")}`,
      ),
    answers: (search: string) => get<{ answers: ReadyAnswer[] }>(`/staff/answers?search=${encodeURIComponent(search)}`),
    digest: (day: string, until: string) =>
      get<Schemas["DigestPair"]>(
        `/metrics/digest?${new URLSearchParams({ ...(day && { day }), ...(until && { until }) })}`,
      ),
    health: () => get<Schemas["HealthView"]>("/health"),
    letters: () => get<{ dead_letters: Schemas["LetterView"][] }>("/dead-letters"),
    letter: (id: string) => get<Schemas["LetterDetail"]>(`/dead-letters/${id}`),
    replay: (id: string) => api.post<unknown>(`/dead-letters/${id}/replay`, {}, ours),
    merges: () => get<Schemas["MergeQueue"]>("/merges"),
    merge: (id: string) => api.post<Schemas["Merge"]>(`/merges/${id}/approve`, {}, ours),
    keepApart: (id: string) => api.post<unknown>(`/merges/${id}/reject`, {}, ours),
    undoMerge: (id: string) => api.post<unknown>(`/merges/${id}/undo`, {}, ours),
    learned: (state: LearnedState) => get<Schemas["LearnedList"]>(`/staff/learned?state=${state}&limit=200`),
    /** Decide on an entry as it was at `version`. */
    decideLearned: (id: string, action: LearnedAction, version: string, body: object) =>
      api.post<Schemas["EntryState"]>(`/staff/learned/${id}/${action}`, body, {
        ...ours,
        headers: { ...ours.headers, "If-Match": `"${version}"` },
      }),
    file: (path: string) => api.raw(path, ours),
    look: (id: string, writing: boolean) => api.raw(`${at(id)}/presence`, { ...ours, body: { writing } }),
    leave: () => api.raw("/staff/presence", { ...ours, method: "DELETE" }),
    /** Act on a conversation as it was at `version`; a repeated call has the same Idempotency-Key. */
    act: <T>(id: string, step: Step, version: string, body: object = {}, waiting?: () => void) =>
      api.postOnce<T>(`${at(id)}/${step}`, body, keyOf([id, step, version, body]), {
        ...ours,
        ...(waiting && { waiting }),
        headers: { ...ours.headers, "If-Match": `"${version}"` },
      }),
  };
}

export type Staff = ReturnType<typeof staffClient>;

function query(wanted: Wanted, after?: string): string {
  const { list, ...filters } = wanted;
  const asked = Object.entries(filters).filter(([, value]) => value);
  return new URLSearchParams({ state: list, ...Object.fromEntries(asked), ...(after && { after }) }).toString();
}
