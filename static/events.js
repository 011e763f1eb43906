// The one place where everything passes that happens on the connection. Whoever shows it listens
// here.
//
//   connecting {url}                the page asks for a WebSocket
//   opened     {extensions, protocol}
//   sent       {message}            {text, at}: at is when it was sent (performance.now)
//   received   {data, kind, …}      what came, and what Speech reads in it
//   closing    {code, reason}       the page itself sends a close frame
//   closed     {code, reason, wasOpen, gaveUp}   gaveUp: why the page waits for no close frame
//   waiting    {seconds}            once a second, until the next attempt
//   asked      {answers}            after a failed attempt: does the server answer other requests?

const events = new EventTarget();

export function emit(type, detail = {}) {
  events.dispatchEvent(new CustomEvent(type, { detail }));
}

export function on(type, listener) {
  events.addEventListener(type, ({ detail }) => listener(detail));
}
