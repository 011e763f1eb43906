// What the browser knows about the network and the page, and what that means for the connection.
import { next } from "./events.js";
import { isLocal } from "./server.js";

// Milliseconds. A hidden page is called once a minute at least, so that after a longer gap the
// computer has slept, or the page stood still, or somebody has set the clock.
const LOOK = 10_000;
const GAP = 80_000;
// What came meanwhile is handled first. A connection on which messages go on coming lives.
const QUIET = 1_000;
const LIVELY = 5_000;

export function watch(connection) {
  // The server drops a client that sleeps, which does not hear of it. An ordinary request would
  // tell nothing: a router that has forgotten the connection lets a new one through. Without a
  // network between them nobody forgets anything.
  let awakeAt = Date.now();
  const wake = () => {
    const gap = Date.now() - awakeAt;
    awakeAt = Date.now();
    if (gap > GAP && !isLocal) doubt();
  };
  const doubt = async () => {
    for (const start = performance.now(); performance.now() - start < LIVELY; ) {
      const came = next("received", () => true, QUIET).then(() => true, () => false);
      if (!(await came)) return connection.giveUp("nothing came since the computer slept");
    }
  };
  setInterval(wake, LOOK);
  addEventListener("offline", () => isLocal || connection.giveUp("the network is gone"));
  addEventListener("online", () => {
    if (connection.isOpen && isLocal) return void connection.check();
    if (connection.isOpen) connection.giveUp("the network may be another");
    connection.connect();
  });
  document.addEventListener("visibilitychange", () => {
    wake();
    if (!document.hidden) connection.check();
  });
  // A page that one may come back to (back/forward cache) would keep its WebSocket, and answer
  // nobody. So it leaves when it is hidden, and comes back when it is shown.
  addEventListener("pagehide", () => connection.leave());
  addEventListener("pageshow", ({ persisted }) => persisted && connection.connect());
}
