// One WebSocket to the server that comes back by itself.

// Milliseconds. The wait doubles with each failure and half of it is chance, so that a room full of pages does not
// knock on a server that has just come back all at the same moment.
const MIN_DELAY = 500;
const MAX_DELAY = 10_000;
// A network that swallows packets would keep an attempt hanging for minutes.
const CONNECT_TIMEOUT = 10_000;
// A server that accepts and hangs up at once is not "back": only a connection that lasted starts the waits anew.
const LASTING = 5_000;

/** What a page that is served from this machine uses; it needs no network. */
const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);

/**
 * Calls listener.connecting(), .open(webSocket), .message(data), .closed(closeEvent) and, once a second,
 * .waiting(seconds until the next attempt).
 */
export class Connection {
  #url;
  #listener;
  #ws = null;
  #timer;
  #failures = 0;

  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
    addEventListener("online", () => this.isOpen || this.#connect());
    // The browser may need minutes to notice that an open socket is dead, and would take messages all that time.
    addEventListener("offline", () => isLocal || this.#giveUp());
  }

  get isOpen() {
    return this.#ws?.readyState === WebSocket.OPEN;
  }

  start() {
    this.#connect();
  }

  send(text) {
    this.#ws.send(text);
  }

  #connect() {
    clearTimeout(this.#timer);
    const abandoned = this.#ws;
    const ws = (this.#ws = new WebSocket(this.#url));
    abandoned?.close();
    ws.binaryType = "arraybuffer";
    let openedAt = Infinity;
    this.#listener.connecting();
    this.#timer = setTimeout(() => this.#giveUp(), CONNECT_TIMEOUT);

    ws.onopen = () => {
      if (ws !== this.#ws) return;
      clearTimeout(this.#timer);
      openedAt = performance.now();
      this.#listener.open(ws);
    };
    ws.onmessage = ({ data }) => ws === this.#ws && this.#listener.message(data);
    ws.onclose = (event) => {
      if (ws !== this.#ws) return;
      if (performance.now() - openedAt > LASTING) this.#failures = 0;
      this.#lost(event);
    };
  }

  /** Does not wait for a peer that may never answer: 1006 says just that, no close frame came. */
  #giveUp() {
    if (!this.#ws) return;
    this.#ws.close();
    this.#lost({ code: 1006, reason: "", wasClean: false });
  }

  #lost(event) {
    this.#ws = null;
    clearTimeout(this.#timer);
    this.#listener.closed(event);
    const longest = Math.min(MAX_DELAY, 2 * MIN_DELAY * 2 ** this.#failures++);
    this.#wait(performance.now() + longest / 2 + (Math.random() * longest) / 2);
  }

  #wait(until) {
    const left = until - performance.now();
    if (left <= 0) return this.#connect();
    this.#listener.waiting(Math.ceil(left / 1000));
    this.#timer = setTimeout(() => this.#wait(until), left % 1000 || 1000); // on the full second
  }
}
