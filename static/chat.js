"use strict";

const clientID = Date.now();
document.querySelector("#ws-id").textContent = clientID;

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const ws = new WebSocket(`${scheme}//${location.host}/ws/${clientID}`);

function show(text) {
  const message = document.createElement("li");
  message.textContent = text; // as text: what others write is never HTML here
  document.querySelector("#messages").append(message);
}

ws.onmessage = (event) => show(event.data);
ws.onclose = () => show("The connection is closed. Reload the page to come back.");

document.querySelector("#form").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = document.querySelector("#messageText");
  if (input.value !== "" && ws.readyState === WebSocket.OPEN) {
    ws.send(input.value);
    input.value = "";
  }
  input.focus();
});
