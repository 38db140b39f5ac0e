// The HTTP side. Every path begins with "/admin/…" and is asked under /v1.
//
//   get(path, params)                       params: empty strings, null and undefined are left out
//   send(method, path, body, {idempotent})  adds X-CSRF-Token; with idempotent: true an
//                                           Idempotency-Key, under which it is sent again until it is
//                                           answered, and happens once. Pass key to keep one yourself.
//   upload(path, file)                      sends a file as a form; for pictures: {url, …}
//   download(path, params)                  saves the answer (a CSV) under the name it came with
//   Problem                                 .status .code .detail .errors [{field, message}] .body;
//                                           .message is what to show
//   onSessionOver(callback)                 called when the server says that the session is over
//   setCsrf(token)                          by main.js alone

export class Problem extends Error {
  constructor(status, body = {}) {
    const faults = (body.errors ?? []).map((one) => `${one.field}: ${one.message}`);
    super(faults.length ? faults.join("; ") : (body.detail ?? body.title ?? `The server answered ${status}.`));
    this.status = status;
    this.code = body.code ?? "";
    this.detail = body.detail ?? body.title ?? "";
    this.errors = body.errors ?? [];
    this.body = body;
  }
}

const RETRIES = 4;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let csrf = null;
let over = () => {};

export const setCsrf = (token) => { csrf = token; };
export const onSessionOver = (callback) => { over = callback; };

export function query(params = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === null || value === "") continue;
    for (const one of [value].flat()) search.append(name, String(one));
  }
  const text = search.toString();
  return text ? `?${text}` : "";
}

async function ask(method, path, { body, headers = {}, params } = {}) {
  let answer;
  const isForm = body instanceof FormData;
  try {
    answer = await fetch(`/v1${path}${query(params)}`, {
      method,
      headers: body === undefined || isForm ? headers : { ...headers, "Content-Type": "application/json" },
      body: body === undefined || isForm ? body : JSON.stringify(body),
      cache: "no-store",
      credentials: "same-origin",
    });
  } catch {
    throw new Problem(0, { code: "network", detail: "The server cannot be reached now." });
  }
  if (answer.ok) return answer;
  const problem = new Problem(answer.status, await answer.json().catch(() => ({})));
  const ended = ["staff.session_over", "auth.unauthenticated", "staff.csrf"].includes(problem.code);
  if (ended && csrf !== null) over(problem);
  throw problem;
}

export async function get(path, params) {
  return (await ask("GET", path, { params })).json();
}

export async function send(method, path, body, { idempotent = false, key } = {}) {
  const headers = csrf === null ? {} : { "X-CSRF-Token": csrf };
  if (idempotent || key) headers["Idempotency-Key"] = key ?? random(16);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await ask(method, path, { body, headers });
      return answer.status === 204 ? null : await answer.json();
    } catch (error) {
      // Without a key nobody knows whether it happened, so it is not sent twice.
      const passes = headers["Idempotency-Key"] && [0, 503].includes(error.status);
      if (!passes || attempt === RETRIES) throw error;
      await pause(300 * attempt);
    }
  }
}

export async function upload(path, file) {
  const form = new FormData();
  form.append("file", file);
  return send("POST", path, form);
}

export async function download(path, params) {
  const answer = await ask("GET", path, { params });
  const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = named?.[1] ?? "export.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

// So many random bytes, in hex.
export function random(bytes) {
  const drawn = crypto.getRandomValues(new Uint8Array(bytes));
  return [...drawn].map((one) => one.toString(16).padStart(2, "0")).join("");
}
