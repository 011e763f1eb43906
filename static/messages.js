// The messages: what each is, how it looks, and which are still unread.
import { GrowingList } from "./growing-list.js";
import { clock, element } from "./dom.js";

// Rows. More would make an old phone slow, and nobody scrolls up so far.
const MAX_MESSAGES = 1000;
// Characters. A longer message gets a box of its own to scroll in, which the keyboard must be able to reach.
const LONG = 1500;

const LABELS = { personal: "only to you", own: "from you to everyone" };

const title = document.title;

/** Which of the protocol's four texts it is, and how much of it is the server's own words. */
function parse(text, clientID) {
  const said = /^(?:You wrote|Client #(-?\d+) says): /.exec(text);
  if (!said) return { kind: /^Client #-?\d+ has left the chat$/.test(text) ? "left" : "other", prefix: "" };
  const [prefix, speaker] = said;
  return { kind: speaker === undefined ? "personal" : speaker === String(clientID) ? "own" : "other", prefix };
}

export class Messages {
  #clientID;
  #list;
  #jump = document.querySelector("#jump");
  #empty = document.querySelector("#empty");
  #unread = 0;
  #gap = "";

  constructor(clientID) {
    this.#clientID = clientID;
    this.#list = new GrowingList({
      scroller: document.querySelector("#log"),
      list: document.querySelector("#messages"),
      max: MAX_MESSAGES,
      row: (message) => this.#row(message),
      onChange: () => {
        this.#empty.hidden = true;
        this.#showUnread();
      },
    });
    document.addEventListener("visibilitychange", () => this.#showUnread());
  }

  add(text) {
    if (document.hidden || !this.#list.following) this.#unread++;
    this.#list.add({ text, at: new Date(), gap: this.#gap });
    this.#gap = "";
  }

  /** The next message tells that others before it may have been missed. */
  reconnected() {
    this.#gap = `Back at ${clock(new Date())}. What was said in between is not shown.`;
  }

  toEnd() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#list.toEnd(calm ? "instant" : "smooth");
    this.#showUnread();
  }

  #row({ text, at, gap }) {
    const { kind, prefix } = parse(text, this.#clientID);
    // As text, never as HTML: strangers write it. <bdi> keeps a right-to-left message from turning the line around.
    const body = element("p", { className: "text" });
    if (prefix) body.append(element("b", { textContent: prefix }));
    body.append(element("bdi", { textContent: text.slice(prefix.length) }));
    if (text.length > LONG) {
      body.classList.add("long");
      body.tabIndex = 0;
    }
    const meta = element("small", { className: "meta text-body-secondary" });
    meta.append(element("time", { textContent: clock(at), dateTime: at.toISOString() }));
    if (LABELS[kind]) meta.append(` · ${LABELS[kind]}`);
    const row = element("li", { className: kind });
    if (gap) row.dataset.gap = gap;
    row.append(body, meta);
    return row;
  }

  #showUnread() {
    if (this.#list.following && !document.hidden) this.#unread = 0;
    const many = this.#unread.toLocaleString("en");
    const seen = document.activeElement === this.#jump;
    this.#jump.textContent = `↓ ${many} new ${this.#unread === 1 ? "message" : "messages"}`;
    this.#jump.hidden = this.#unread === 0 || this.#list.following;
    if (seen && this.#jump.hidden) document.querySelector("#messageText").focus();
    document.title = this.#unread ? `(${many}) ${title}` : title;
  }
}
