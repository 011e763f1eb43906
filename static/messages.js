// The messages: how each looks, and which are still unread.
import { Announcer } from "./announcer.js";
import { backToWriting, clock, element } from "./dom.js";
import { onShown } from "./events.js";
import { GrowingList } from "./growing-list.js";
import { colour, idElement } from "./people.js";
import { shorten } from "./text.js";
import { titleTells } from "./title.js";

// Rows. More would make an old phone slow, and nobody scrolls up so far.
const MAX_MESSAGES = 1000;
// Characters. To lay out longer texts is too much for a page that is flooded; a button shows all.
const SHOWN = 1000;
// Milliseconds within which messages of one sender have one time.
const GROUP = 60_000;

const LABELS = {
  personal: "only to you",
  own: "from you to everyone",
  namesake: "from another page with your ID",
};

export class Messages {
  #list;
  #announcer = new Announcer();
  #rows = document.querySelector("#messages");
  #jump = document.querySelector("#jump");
  #empty = document.querySelector("#empty");
  #unread = 0;
  #connectedBefore = false;
  #gap = "";
  #previous = {}; // of the rows

  constructor() {
    const scroller = document.querySelector("#log");
    this.#list = new GrowingList({
      scroller,
      list: this.#rows,
      max: MAX_MESSAGES,
      row: (message) => this.#row(message),
      onAdded: letScroll,
      onChange: () => this.#showUnread(),
    });
    new ResizeObserver(() => letScroll(this.#rows.children)).observe(scroller);
    document.addEventListener("visibilitychange", () => this.#showUnread());
    onShown("received", (message) => message.kind === "binary" || this.#add(message));
    onShown("opened", () => this.#opened());
    onShown("sent", () => this.toEnd());
  }

  /** Those of one sender stand together, and the first of them tells the time. */
  #row(message) {
    const { kind, id, at, gap } = message;
    const { first, ...before } = this.#previous;
    const isSame = kind === before.kind && id === before.id && !gap && at - first < GROUP;
    this.#previous = { kind, id, first: isSame ? first : at };
    const li = row(message);
    li.classList.toggle("same", isSame && kind !== "left");
    return li;
  }

  toEnd() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#list.toEnd(calm ? "instant" : "smooth");
    this.#showUnread();
  }

  #add(message) {
    this.#empty.hidden = true;
    if (document.hidden || !this.#list.following) this.#unread++;
    // One's own words come twice, and are read out once.
    if (message.kind !== "own") this.#announcer.add(message.data);
    this.#list.add({ ...message, gap: this.#gap });
    this.#gap = "";
  }

  /** The next message tells that others before it may have been missed. */
  #opened() {
    if (this.#connectedBefore) {
      this.#gap = `Back at ${clock(new Date())}. What was said in between is not shown.`;
    }
    this.#connectedBefore = true;
  }

  #showUnread() {
    if (this.#list.following && !document.hidden) this.#unread = 0;
    const many = this.#unread.toLocaleString("en");
    const hadFocus = document.activeElement === this.#jump;
    this.#jump.textContent = `↓ ${many} new ${this.#unread === 1 ? "message" : "messages"}`;
    this.#jump.hidden = this.#unread === 0 || this.#list.following;
    if (hadFocus && this.#jump.hidden) backToWriting();
    titleTells({ unread: this.#unread });
  }
}

function row({ kind, data, prefix, id, at, gap }) {
  const row = element("li", { className: kind });
  if (gap) row.dataset.gap = gap;
  if (id) colour(row, id);
  row.append(bubble(data, prefix, id), meta(at, LABELS[kind]));
  return row;
}

function bubble(data, prefix, id) {
  const text = data.slice(prefix.length);
  const bubble = element("p", { className: "text" });
  if (prefix) bubble.append(serversWords(prefix, id));
  // As text, never as HTML: strangers write it. <bdi> keeps a right-to-left message from turning
  // the line around.
  const body = element("bdi", { textContent: shorten(text, SHOWN) });
  bubble.append(body);
  if (text.length > SHOWN) bubble.append(showAll(body, text));
  return bubble;
}

/** "Client #1732612345678 says: ", with the id's last digits in its colour. */
function serversWords(prefix, id) {
  const words = element("b");
  const at = id ? prefix.indexOf(id) : prefix.length;
  words.append(prefix.slice(0, at));
  if (id) words.append(idElement(id), prefix.slice(at + id.length));
  return words;
}

function showAll(body, text) {
  const button = element("button", {
    type: "button",
    className: "btn btn-sm btn-link",
    textContent: `Show all ${text.length.toLocaleString("en")} characters`,
  });
  button.addEventListener("click", () => {
    body.textContent = text;
    body.tabIndex = -1;
    body.focus(); // the button goes away
    button.remove();
  });
  return button;
}

function meta(at, label) {
  const meta = element("small", { className: "meta text-body-secondary" });
  meta.append(element("time", { textContent: clock(at), dateTime: at.toISOString() }));
  if (label) meta.append(` · ${label}`);
  return meta;
}

/** A bubble that is cut off scrolls by itself, which the keyboard must be able to do. */
function letScroll(rows) {
  const bubbles = [...rows].map((row) => row.firstElementChild);
  const long = bubbles.map(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight + 1);
  bubbles.forEach((bubble, n) => {
    if (bubble.classList.toggle("long", long[n])) bubble.tabIndex = 0;
    else bubble.removeAttribute("tabindex");
  });
}
