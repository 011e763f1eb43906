// What the browser knows about the network and the page, and what that means for the connection.
import { isLocal } from "./server.js";

export function watch(connection) {
  addEventListener("offline", () => isLocal || connection.giveUp("the network is gone"));
  addEventListener("online", () => {
    if (connection.isOpen) connection.check();
    else connection.connect();
  });
  document.addEventListener("visibilitychange", () => document.hidden || connection.check());
  // A page that one may come back to (back/forward cache) would keep its WebSocket, and answer
  // nobody. So it leaves when it is hidden, and comes back when it is shown.
  addEventListener("pagehide", () => connection.leave());
  addEventListener("pageshow", ({ persisted }) => persisted && connection.connect());
}
