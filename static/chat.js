// The page of the chat: its parts, put together. What happens on the connection passes through
// events.js, where each part listens to what it shows.
import { Code } from "./code.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { backToWriting } from "./dom.js";
import { offerToJoin } from "./join.js";
import { Messages } from "./messages.js";
import { Outbox } from "./outbox.js";
import { idElement } from "./people.js";
import { Speech } from "./speech.js";
import { showStatus } from "./status.js";
import { Try } from "./try.js";
import { watch } from "./watch.js";
import { Wire } from "./wire.js";

const clientID = Date.now(); // a constant of this page, so it outlives the connection
const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const url = `${scheme}//${location.host}/ws/${clientID}`;
const connection = new Connection(url, new Speech(clientID));

window.name = "chat"; // by which the lesson leads back to this tab
document.querySelector("#ws-id").append(idElement(String(clientID)));
showStatus(connection);
new Wire();
new Code();
offerToJoin();
const messages = new Messages();
const composer = new Composer(connection);
new Outbox(connection, (text) => composer.say(text));
new Try(connection, clientID);
document.querySelector("#jump").addEventListener("click", () => {
  backToWriting();
  messages.toEnd();
});

watch(connection);
connection.connect();
document.documentElement.dataset.started = "yes"; // see start.js
