// The events of one program, and how far they are shown. All are kept, so one can go back.
import { State } from "./state.js";

const KEPT = 60_000; // then the first half goes, and is counted

export class Player {
  #base = { dropped: 0, counts: {}, last: [] };
  #events = [];
  state = new State();

  /** What was dropped before the page could read it. */
  begin(sum) {
    this.#base = sum;
    this.#events = [];
    this.#rebuild(0);
  }

  add(events) {
    for (const event of events) this.#events.push(event);
    if (this.#events.length > KEPT) this.#drop(KEPT / 2);
  }

  get first() { return this.#base.dropped; }
  get end() { return this.#base.dropped + this.#events.length; }

  /** Shows the first n events. */
  goTo(n) {
    n = Math.min(Math.max(n, this.first), this.end);
    if (n < this.state.n) this.#rebuild();
    while (this.state.n < n) this.state.add(this.#events[this.state.n - this.first]);
  }

  #rebuild() {
    this.state = new State();
    this.state.begin(this.#base);
  }

  #drop(n) {
    const { n: shown } = this.state;
    this.#rebuild();
    const places = new Map(this.#base.last.map((event) => [place(event), event]));
    for (const event of this.#events.splice(0, n)) {
      this.state.add(event);
      places.delete(place(event));
      places.set(place(event), event);
    }
    this.#base = { dropped: this.state.n, counts: this.state.counts, last: [...places.values()] };
    this.#rebuild();
    this.goTo(shown);
  }
}

const place = ({ kind, client, part, name, lines }) =>
  lines ? `${client} ${part} ${kind === "raise" || kind === "set" ? lines.at(-1) : ""}`
    : `${kind} ${client} ${name}`;
