// Calls of the API. Whatever goes wrong arrives as one ApiError.

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

/** Make the calls from here on with this staff key; null: without one. */
export function signIn(key) {
  authorization = key ? { Authorization: `Bearer ${key}` } : {};
}

async function call(path, options) {
  let response;
  const headers = { ...authorization, ...options.headers };
  try {
    response = await fetch(BASE + path, { cache: "no-store", credentials: "omit", ...options, headers });
  } catch {
    throw new ApiError(0, {}, 2);
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, body, Number(response.headers.get("Retry-After")) || 2);
  return body;
}

/** GET a resource. */
export const get = (path) => call(path, {});

/** A key for one submission: it stays the same while the body does, so that a retry is never a second request. */
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

/** POST under a key, again with the same key while the service is away; `waiting` is told before each pause. */
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
