// What the browser knows about the network and the page, and what that means for the connection.
import { isLocal } from "./server.js";

// Milliseconds. A hidden page is called once a minute at least, so that a longer gap was a sleep.
const LOOK = 10_000;
const SLEPT = 80_000;

export function watch(connection) {
  // The server drops a client that sleeps, which does not hear of it. An ordinary request would
  // tell nothing: a router that has forgotten the connection lets a new one through.
  let awakeAt = Date.now();
  const wake = () => {
    const slept = Date.now() - awakeAt > SLEPT;
    awakeAt = Date.now();
    if (slept) connection.giveUp("the computer has slept");
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
