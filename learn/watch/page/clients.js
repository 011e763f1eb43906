// The clients: their buttons, where their handlers are, and what they hear from each program.
import { ask, element, mark } from "./dom.js";

const ACTIONS = {
  hello: "hello", long: "long", flood: "flood", binary: "binary", stop: "stop reading",
  last: "last word", close: "close", cut: "cut line",
};
const TITLES = {
  hello: "say hello", long: "say a long message: 60,000 bytes", flood: "say 200 messages at once",
  binary: "send a binary message", stop: "stop reading, or read on",
  last: "say a last word and close at once", close: "close as a browser does",
  cut: "cut the line: no close, as when a machine is gone",
};

export class Clients {
  #rows = new Map();
  #place = document.querySelector("#clients");

  draw(states) {
    const known = states.flatMap((state) => [...state.clients.keys()]);
    const ids = new Set(known.filter((id) => id > 0));
    const open = [...ids].filter((id) => states.some((state) => !state.clients.get(id)?.closed));
    const gone = [...ids].filter((id) => !open.includes(id)).sort((a, b) => a - b).slice(-3);
    const shown = [...gone, ...open].sort((a, b) => a - b);
    for (const [id, { row }] of this.#rows) {
      if (shown.includes(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    for (const id of shown) {
      if (!this.#rows.has(id)) this.#add(id, states.length);
      this.#fill(this.#rows.get(id), id, states, open.includes(id));
    }
  }

  #add(id, programs) {
    const buttons = Object.entries(ACTIONS).map(([name, textContent]) => {
      const button = element("button", { type: "button", textContent, title: TITLES[name] });
      button.addEventListener("click", () => ask({ do: "act", client: id, name }));
      return button;
    });
    const group = element("div", { className: "actions", role: "group" }, ...buttons);
    group.ariaLabel = `client ${id}`;
    const cells = Array.from({ length: programs }, () =>
      [element("span", { className: "where" }), element("span", { className: "hears" })]);
    const row = element("div", { className: "client" }, mark(id), group);
    cells.forEach((cell, i) => {
      const at = element("div", { className: "at" }, ...cell);
      at.dataset.program = i;
      row.append(at);
    });
    this.#rows.set(id, { row, buttons, cells });
    const before = [...this.#rows].filter(([other]) => other > id).sort(([a], [b]) => a - b)[0];
    this.#place.insertBefore(row, before ? before[1].row : null);
  }

  #fill({ buttons, cells }, id, states, isOpen) {
    for (const button of buttons) button.disabled = !isOpen;
    states.forEach((state, i) => {
      const [where, hears] = cells[i];
      const client = state.clients.get(id);
      const handler = state.handlers.get(`${id} `);
      let place = client?.ended ?? "";
      if (handler) place = `line ${handler.lines.at(-1)}`;
      else if (!client?.ended && !client?.closed) place = "not let in yet";
      set(where, place, place.startsWith("✗"));
      const heard = client?.heard ? `${client.heard}: ${client.hears}` : "";
      let closed = client?.closed ? `closed: ${client.closed}` : "";
      if (!closed && client?.ended === "returned") closed = `cut off: ${client.error}`;
      const stopped = client?.stopped ? "(does not read) " : "";
      set(hears, closed ? `${closed}, after ${client.heard}` : stopped + heard, Boolean(closed));
    });
  }
}

function set(place, text, isBad) {
  if (place.textContent !== text) place.textContent = place.title = text;
  place.classList.toggle("bad", isBad);
}
