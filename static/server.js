// What ordinary requests tell of the server, where a WebSocket tells nothing.

const TIMEOUT = 5_000; // milliseconds

/** Whether this machine itself serves the page: then the connection needs no network. */
export const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);

/** "go" or "python". The Go server sends a policy with its page, FastAPI sends none. */
export async function serverLanguage() {
  const answer = await fetch("/");
  return answer.headers.has("Content-Security-Policy") ? "go" : "python";
}

/** Is it there at all? */
export async function serverAnswers() {
  try {
    const answer = await fetch("/static/favicon.svg", {
      method: "HEAD",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    return answer.ok; // a proxy says 502 for a server that is gone
  } catch {
    return false;
  }
}
