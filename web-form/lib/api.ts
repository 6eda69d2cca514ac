import type { components } from "./generated/api";

/** The shapes of the API, generated from its OpenAPI: `Schemas["TicketView"]`. */
export type Schemas = components["schemas"];
export type FieldProblem = { field: string; message: string };

const TRIES = 5;
const LONGEST_PAUSE_S = 10;
const pause = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));

/** A call that was refused, or got no answer at all (`status` 0). `retryAfter` is in seconds. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    body: { error?: string; message?: string; details?: FieldProblem[] } = {},
    readonly retryAfter = 2,
  ) {
    super(body.message ?? "no answer");
    this.code = body.error ?? "";
    this.details = body.details ?? [];
  }
  readonly code: string;
  readonly details: FieldProblem[];

  /** True when the service is away, so that the same call may be repeated. */
  get away(): boolean {
    return this.status === 0 || this.status === 503;
  }
}

export interface Options {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** "same-origin" sends the staff session's cookie. */
  credentials?: RequestCredentials;
  /** Repeat while the service is away; called before each pause. Only for reads and for calls with a key. */
  waiting?: () => void;
}

/** Where the API is: NEXT_PUBLIC_API_BASE at build time, else below the page's own host. */
export const API_BASE = process.env.NEXT_PUBLIC_API_BASE ?? "/api/v1";

/** Calls of the API at `base`. Every failure is thrown as an ApiError, an aborted call as the browser's AbortError. */
export function apiClient(base: string = API_BASE) {
  async function once(path: string, options: Options): Promise<Response> {
    const headers: Record<string, string> = { ...options.headers };
    const form = options.body instanceof FormData; // the browser names its type, with the boundary
    if (options.body !== undefined && !form) headers["Content-Type"] = "application/json";
    let response: Response;
    try {
      response = await fetch(base + path, {
        method: options.method ?? (options.body === undefined ? "GET" : "POST"),
        headers,
        body: form ? (options.body as FormData) : options.body === undefined ? null : JSON.stringify(options.body),
        cache: "no-store",
        credentials: options.credentials ?? "omit",
        signal: options.signal ?? null,
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new ApiError(0);
    }
    if (response.ok) return response;
    const body = await response.json().catch(() => ({}));
    throw new ApiError(response.status, body, Number(response.headers.get("Retry-After")) || 2);
  }

  /** The answer itself, for files and streams. */
  async function raw(path: string, options: Options = {}): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(path, options);
      } catch (error) {
        const again = options.waiting && error instanceof ApiError && error.away && attempt < TRIES;
        if (!again) throw error;
        options.waiting?.();
        await pause(Math.min((error as ApiError).retryAfter, LONGEST_PAUSE_S));
      }
    }
  }

  return {
    raw,
    get: async <T>(path: string, options: Options = {}): Promise<T> => (await raw(path, options)).json(),
    post: async <T>(path: string, body: unknown, options: Options = {}): Promise<T> =>
      (await raw(path, { ...options, method: "POST", body })).json(),
    /** POST that may be repeated: with its Idempotency-Key the product does it once. */
    postOnce: async <T>(path: string, body: unknown, key: string, options: Options = {}): Promise<T> =>
      (
        await raw(path, { ...options, method: "POST", body, headers: { ...options.headers, "Idempotency-Key": key } })
      ).json(),
  };
}

export type Api = ReturnType<typeof apiClient>;

/** Return a function that gives an Idempotency-Key for a body: the same one until the body changes. */
export function submissionKeys(): (body: unknown) => string {
  let last = { body: "", key: "" };
  return (body) => {
    const text = JSON.stringify(body);
    if (text !== last.body) {
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      last = { body: text, key: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
    }
    return last.key;
  };
}
