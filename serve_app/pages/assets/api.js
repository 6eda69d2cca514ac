// Calls of the API. Every failure is thrown as an ApiError.

const BASE = document.documentElement.dataset.api;
const TRIES = 5;
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

export class ApiError extends Error {
  constructor(status, body, retryAfter) {
    super(body.message ?? "We can't reach the service at the moment.");
    this.status = status; // 0: no answer at all
    this.code = body.error ?? "";
    this.details = body.details ?? [];
    this.retryAfter = retryAfter;
  }
}

let authorization = {};

/** Send this staff key with every further call; null: none. */
export function signIn(key) {
  authorization = key ? { Authorization: `Bearer ${key}` } : {};
}

async function call(path, options, read = null) {
  let response;
  const headers = { ...authorization, ...options.headers };
  try {
    response = await fetch(BASE + path, { cache: "no-store", credentials: "omit", ...options, headers });
  } catch {
    throw new ApiError(0, {}, 2);
  }
  if (response.ok && read) return read(response);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, body, Number(response.headers.get("Retry-After")) || 2);
  return body;
}

/** GET a resource. */
export const get = (path) => call(path, {});

/** GET a file's bytes. */
export const bytes = (path) => call(path, {}, (response) => response.arrayBuffer());

/** Return a function that gives an Idempotency-Key for a body: the same one until the body changes. */
export function submissionKeys() {
  let last = { body: null, key: "" };
  return (body) => {
    if (body !== last.body) {
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      last = { body, key: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
    }
    return last.key;
  };
}

/** POST with an Idempotency-Key; repeated while the service is away, `waiting` is called before each pause. */
export async function post(path, body, key, waiting) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call(path, { method: "POST", headers, body });
    } catch (error) {
      const away = error.status === 0 || error.status === 503;
      if (!away || attempt === TRIES) throw error;
      waiting();
      await pause(Math.min(error.retryAfter, 10));
    }
  }
}
