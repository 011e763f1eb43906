// What ordinary requests tell of the server, where a WebSocket tells nothing.

const TIMEOUT = 5_000; // milliseconds

/** Whether this machine itself serves the page: then the connection needs no network. */
export const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);

/**
 * "go", "python", or undefined if the server says neither. The Go server says it in a header of its
 * own, and FastAPI in /openapi.json, which every app of it has.
 */
export async function serverLanguage() {
  const { headers } = await ask("/", { cache: "no-cache" });
  if (headers.has("Chat-Server")) return headers.get("Chat-Server").toLowerCase();
  const { openapi } = await (await ask("/openapi.json", { cache: "no-cache" })).json();
  return openapi && "python";
}

/** Is it there at all? */
export async function serverAnswers() {
  try {
    const { ok } = await ask("/static/favicon.svg", { method: "HEAD", cache: "no-store" });
    return ok; // a proxy says 502 for a server that is gone
  } catch {
    return false;
  }
}

function ask(path, options) {
  const signal = AbortSignal.timeout?.(TIMEOUT); // an old browser waits longer
  return fetch(path, { ...options, signal });
}
