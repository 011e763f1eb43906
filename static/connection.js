// One WebSocket to the server that comes back by itself. What happens on it is told in events.js.
import { emit } from "./events.js";
import { serverAnswers } from "./server.js";

// Milliseconds. The wait doubles with each failure and half of it is random, so that a room full of
// pages does not knock on a server that has just come back all at the same moment.
const MIN_DELAY = 500;
const MAX_DELAY = 10_000;
// A network that swallows packets would keep an attempt hanging for minutes.
const CONNECT_TIMEOUT = 10_000;
// A server that accepts and hangs up at once is not "back": only a connection that lasted starts
// the waits anew.
const LASTING = 5_000;

export class Connection {
  #url;
  #speech;
  #ws = null; // while it is opening or open
  #openedAt = Infinity;
  #timer;
  #failures = 0;

  constructor(url, speech) {
    this.#url = url;
    this.#speech = speech;
  }

  get isOpen() {
    return this.#ws?.readyState === WebSocket.OPEN;
  }

  /** isTrial: nobody wrote it, so nobody misses it. */
  send(text, isTrial = false) {
    this.#ws.send(text);
    emit("sent", { message: Object.assign(this.#speech.sent(text), { isTrial }) });
  }

  sendBinary(data) {
    this.#ws.send(data);
    emit("sentBinary", { data });
  }

  /** Closes, as a page may do at any time; the connection comes back by itself. */
  close(code, reason) {
    emit("closing", { code, reason });
    this.#ws.close(code, reason);
  }

  /** Starts an attempt, in place of whatever is under way. */
  connect() {
    clearTimeout(this.#timer);
    const abandoned = this.#ws;
    const ws = (this.#ws = new WebSocket(this.#url));
    abandoned?.close();
    ws.binaryType = "arraybuffer";
    this.#openedAt = Infinity;
    emit("connecting", { url: this.#url });
    this.#timer = setTimeout(() => this.giveUp("no answer to the handshake"), CONNECT_TIMEOUT);

    // What a socket that was given up still says is not listened to.
    ws.onopen = () => ws === this.#ws && this.#opened(ws);
    ws.onmessage = ({ data }) => ws === this.#ws && this.#received(data);
    ws.onclose = ({ code, reason }) => ws === this.#ws && this.#lost({ code, reason });
  }

  /** Does not wait for a peer that may never answer. */
  giveUp(why) {
    if (!this.#ws) return;
    this.#ws.close();
    this.#lost({ code: 1006, reason: "", gaveUp: why });
  }

  /** An open socket may be dead long before the browser notices: ask the server another way. */
  async check() {
    const ws = this.#ws;
    if (!this.isOpen || (await serverAnswers())) return;
    if (ws === this.#ws) this.giveUp("the server does not answer");
  }

  /** Says goodbye; connect() comes back. A page may send no other registered code than 1000. */
  leave() {
    clearTimeout(this.#timer);
    const ws = this.#ws;
    if (!ws) return;
    this.#ws = null;
    const goodbye = { code: 1000, reason: "the page was left" };
    if (ws.readyState === WebSocket.OPEN) emit("closing", goodbye);
    ws.close(goodbye.code, goodbye.reason);
    this.#speech.forget();
    emit("closed", { ...goodbye, wasOpen: this.#openedAt < Infinity, gaveUp: goodbye.reason });
  }

  #opened({ extensions, protocol }) {
    clearTimeout(this.#timer);
    this.#openedAt = performance.now();
    emit("opened", { extensions, protocol });
  }

  #received(data) {
    emit("received", { data, at: new Date(), ...this.#speech.read(data) });
  }

  #lost(close) {
    const wasOpen = this.#openedAt < Infinity;
    if (performance.now() - this.#openedAt > LASTING) this.#failures = 0;
    this.#ws = null;
    this.#speech.forget();
    clearTimeout(this.#timer);
    emit("closed", { ...close, wasOpen });
    const longest = Math.min(MAX_DELAY, 2 * MIN_DELAY * 2 ** this.#failures++);
    this.#wait(performance.now() + longest / 2 + (Math.random() * longest) / 2);
    if (!wasOpen) this.#ask();
  }

  /** A refusal looks like a dead server (1006). An ordinary request tells the two apart. */
  async #ask() {
    const failures = this.#failures;
    const answers = await serverAnswers();
    if (failures === this.#failures && !this.isOpen) emit("asked", { answers });
  }

  #wait(until) {
    const left = until - performance.now();
    if (left <= 0) return this.connect();
    emit("waiting", { seconds: Math.ceil(left / 1000) });
    this.#timer = setTimeout(() => this.#wait(until), left % 1000 || 1000); // on the full second
  }
}
