// Everything that happens on the connection passes through here. Whoever shows it listens here.
//
//   connecting {url}                the page asks for a WebSocket
//   opened     {extensions, protocol}
//   sent       {message}            {text, at, isTrial}: at is when it was sent (performance.now)
//   sentBinary {data}
//   received   {data, at, kind, …}  what came and when, and what Speech reads in it
//   closing    {code, reason}       the page itself sends a close frame
//   closed     {code, reason, wasOpen, gaveUp}   gaveUp: why the page waits for no close frame
//   waiting    {seconds}            once a second, until the next attempt
//   asked      {answers}            after a failed attempt: does the server answer other requests?
//
// The messages are shown at a pace that may be slower: the code panel holds them back until the
// lines that made them were looked at.

// Milliseconds that next() waits, unless it is told otherwise.
const PATIENCE = 20_000;

const events = new EventTarget();
const shown = new EventTarget();
let pace = ({ show }) => show();

export function emit(type, detail = {}) {
  const dispatch = (target) => target.dispatchEvent(new CustomEvent(type, { detail }));
  dispatch(events);
  pace({ type, detail, show: () => dispatch(shown) });
}

export function on(type, listener, options) {
  events.addEventListener(type, ({ detail }) => listener(detail), options);
}

/** As on, but when it is shown, in the same order. */
export function onShown(type, listener) {
  shown.addEventListener(type, ({ detail }) => listener(detail));
}

/** The next event of this type that passes the test; an error if none comes for long. */
export function next(type, test = () => true, within = PATIENCE) {
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const end = (settle, value) => {
      listening.abort();
      clearTimeout(timer);
      settle(value);
    };
    const why = new Error(`“${type}” did not come`);
    const timer = setTimeout(() => end(reject, why), within);
    on(type, (detail) => test(detail) && end(resolve, detail), { signal: listening.signal });
  });
}

/** newPace({type, detail, show}) is called for each event and must call show, now or later. */
export function setPace(newPace) {
  pace = newPace;
}
