// A list that grows at its end, however fast: rows are made at most once a frame, only the last
// `max` stay, and the end stays in view unless the reader has scrolled up.

// Pixels from the end. Scrolling down this near follows the end again; scrolling up from it more
// than a rounding error stops following, or a wheel that turns gently could never leave the end of
// a busy list.
const NEAR_END = 24;
const ROUNDING = 2;
// Rows in one frame. More than this is a flood, in which nobody sees a single row arrive: none is
// animated, and a look five times a second is enough. (Each look at a full list costs about
// 10 ms: removing its first row makes a browser match Bootstrap's `legend + *` against all that
// follow.) Rows that take long leave three quarters of the time to whoever types.
const CALM = 4;
const FLOOD_INTERVAL = 200; // milliseconds
const REST = 3; // times as long as the last look took
const AT_ONCE = 200; // rows in one look, so that none takes long
// Milliseconds. A hidden tab gets no frames; this often it looks after its rows all the same.
const HIDDEN_INTERVAL = 200;

export class GrowingList {
  #scroller;
  #list;
  #max;
  #row;
  #onAdded;
  #onChange;
  #pending = [];
  #scheduled = false;
  #lastTop = 0;
  #paused = false;
  #flooded = false;
  #took = 0;

  /** True while the end is followed, false while one reads further up. */
  following = true;

  /**
   * row(item) makes an element. onAdded(rows) is called with the new ones, and onChange() then, and
   * when the reader is back at the end.
   */
  constructor({ scroller, list, max, row, onAdded = () => {}, onChange = () => {} }) {
    this.#scroller = scroller;
    this.#list = list;
    this.#max = max;
    this.#row = row;
    this.#onAdded = onAdded;
    this.#onChange = onChange;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    document.addEventListener("visibilitychange", () => this.#flush());
    // A phone's keyboard, a turned screen, a panel that opens: the last row stays in view.
    new ResizeObserver(() => this.following && this.toEnd()).observe(scroller);
  }

  /** Costs next to nothing: what a frame cannot show is never made into rows. */
  add(item) {
    this.#pending.push(item);
    if (this.#pending.length >= 2 * this.#max) this.#pending.splice(0, this.#max);
    this.#schedule();
  }

  /** A paused list collects, and shows nothing. */
  set paused(paused) {
    this.#paused = paused;
    this.#schedule();
  }

  toEnd(behavior = "instant") {
    this.following = true;
    this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior });
    this.#lastTop = this.#scroller.scrollTop;
  }

  #schedule() {
    if (this.#scheduled || this.#paused) return;
    this.#scheduled = true;
    const busy = this.#flooded ? Math.max(FLOOD_INTERVAL, REST * this.#took) : 0;
    const wait = document.hidden ? HIDDEN_INTERVAL : busy;
    if (wait) setTimeout(() => this.#flush(), wait);
    else requestAnimationFrame(() => this.#flush());
  }

  #flush() {
    if (!this.#scheduled) return;
    this.#scheduled = false;
    if (this.#paused) return;
    const start = performance.now();
    const unseen = Math.max(0, this.#pending.length - this.#max); // pushed out at once
    const rows = this.#pending.splice(0, unseen + AT_ONCE).slice(unseen).map(this.#row);
    this.#makeRoom(rows.length);
    this.#flooded = rows.length > CALM;
    if (!this.#flooded) rows.forEach((row) => row.classList.add("arriving"));
    this.#list.append(...rows);
    this.#onAdded(rows);
    if (this.following) this.toEnd();
    this.#onChange();
    this.#took = performance.now() - start;
    if (this.#pending.length > 0) this.#schedule();
  }

  #makeRoom(many) {
    const list = this.#list;
    const focused = document.activeElement;
    for (let n = list.childElementCount + many - this.#max; n > 0 && list.firstElementChild; n--) {
      list.firstElementChild.remove();
    }
    // What had the focus went away: the next one has it, or the list.
    if (focused !== document.activeElement && focused.localName === "button") {
      (list.querySelector("button") ?? this.#scroller).focus();
    }
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const fromEnd = scrollHeight - scrollTop - clientHeight;
    const wasFollowing = this.following;
    // Further up, and yet at the end: the list became shorter.
    if (scrollTop < this.#lastTop) this.following = fromEnd < ROUNDING;
    else if (fromEnd < NEAR_END) this.following = true;
    this.#lastTop = scrollTop;
    if (this.following && !wasFollowing) this.#onChange();
  }
}
