// Is the server there at all? An ordinary request tells, where a WebSocket tells nothing.

const TIMEOUT = 5_000; // milliseconds

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
