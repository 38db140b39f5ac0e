// The HTTP side: one function per request, refusals as the platform words them.

export class Refusal extends Error {
  constructor(status, body) {
    const faults = (body.errors ?? []).map((error) => `${error.field} ${error.message}`);
    super(faults.length ? faults.join("; ") : (body.detail ?? body.title ?? `HTTP ${status}`));
    this.status = status;
    this.code = body.code;
    this.body = body;
  }
}

const KEPT = "flylive.token";
const RETRIES = 5;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Api {
  // `onLoggedOut` is called when the platform no longer takes the token.
  constructor(onLoggedOut) {
    this.onLoggedOut = onLoggedOut;
    this.token = sessionStorage.getItem(KEPT);
  }

  enter(token) {
    this.token = token;
    sessionStorage.setItem(KEPT, token);
  }

  forget() {
    this.token = null;
    sessionStorage.removeItem(KEPT);
  }

  async request(method, path, { body, key } = {}) {
    const token = this.token;
    const headers = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    const answer = await fetch(`/v1${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
    });
    if (answer.status === 204) return null;
    const document = await answer.json().catch(() => ({}));
    if (answer.ok) return document;
    const refusal = new Refusal(answer.status, document);
    if (answer.status === 401 && token && token === this.token) this.onLoggedOut(refusal);
    throw refusal;
  }

  get(path) {
    return this.request("GET", path);
  }

  post(path, body = {}) {
    return this.request("POST", path, { body });
  }

  put(path, body = {}) {
    return this.request("PUT", path, { body });
  }

  delete(path) {
    return this.request("DELETE", path);
  }

  // Money moves under a key: the same request may be sent again until it is answered, and
  // still happens once.
  async once(path, body) {
    const key = random(16);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.request("POST", path, { body, key });
      } catch (error) {
        const passes = !(error instanceof Refusal) || error.status === 503;
        if (!passes || attempt === RETRIES) throw error;
        await pause(300 * attempt);
      }
    }
  }
}

// So many random bytes, in hex.
export function random(bytes) {
  const drawn = crypto.getRandomValues(new Uint8Array(bytes));
  return [...drawn].map((one) => one.toString(16).padStart(2, "0")).join("");
}

export function inWords(error) {
  return error instanceof Refusal ? error.message : "The platform cannot be reached now.";
}
