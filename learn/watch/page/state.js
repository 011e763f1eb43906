// What a program's events come to: where each handler is, who has a mutex, what was raised.

const COUNTED = new Set(["call", "line", "lock"]);
const PLACED = new Set([
  "call", "line", "wait", "raise", "return", "lock", "locked", "set", "if", "held", "released",
]);
const RAISED = 8; // marks of exceptions at most, the newest

export class State {
  n = 0; // events so far
  dropped = 0;
  counts = {};
  handlers = new Map(); // by client and part: the last event with a place
  list = [];
  holders = new Map(); // of mutexes
  raised = [];
  raises = 0;
  struck = new Set(); // lines that an exception passed over
  values = new Map(); // by line: an error, and which way the if went
  clients = new Map();
  lines = new Set(); // where a handler can be blocked
  armed = 0; // the line where whoever comes next is blocked
  last = null;

  /** Takes what the dropped events came to. */
  begin({ dropped, counts, last }) {
    for (const event of last) this.add(event);
    this.n = this.dropped = dropped;
    this.counts = { ...counts };
  }

  add(event) {
    this.n++;
    this.last = event;
    const { kind, client = 0, part = "", lines = [] } = event;
    const line = lines.at(-1);
    if (COUNTED.has(kind)) {
      this.counts[line] = (this.counts[line] ?? 0) + 1;
      this.struck.delete(line);
    }
    const handler = `${client} ${part}`;
    if (PLACED.has(kind)) this.handlers.set(handler, event);
    for (const skipped of event.skipped ?? []) this.struck.add(skipped);
    switch (kind) {
      case "raise":
        this.raised = [...this.raised, { ...event, order: ++this.raises }].slice(-RAISED);
        break;
      case "end":
        this.handlers.delete(handler);
        if (!part) this.client(client).ended = event.value ? `✗ ${event.value}` : "returned";
        break;
      case "list": this.list = event.list ?? []; break;
      case "hello": this.lines = new Set(event.list); break;
      case "locked": this.holders.set(event.name, client); break;
      case "unlocked": this.holders.set(event.name, 0); break;
      case "set":
        this.values.set(line, `#${client} ${event.name} = ${event.value}`);
        this.client(client).error = event.value;
        break;
      case "armed": this.armed = line; break;
      case "held": this.armed = 0; break;
      case "if": this.branch(line, event); break;
      case "connected": this.client(client).connected = true; break;
      case "hears": Object.assign(this.client(client), { hears: event.value }).heard++; break;
      case "closed": this.client(client).closed = event.value; break;
      case "stops": this.client(client).stopped = event.value === "stops reading"; break;
      case "says": this.client(client); break;
      case "call": if (!part && lines.length === 1) this.client(client).ended = ""; break;
    }
  }

  branch(line, { client, value }) {
    this.values.set(line, value === "true" ? `#${client}: true` : "");
  }

  client(id) {
    if (!this.clients.has(id)) this.clients.set(id, { heard: 0, hears: "", closed: "", ended: "" });
    return this.clients.get(id);
  }

  /** Whose handlers wait for a mutex. */
  waiting(mutex) {
    return [...this.handlers.values()]
      .filter(({ kind, name }) => kind === "lock" && name === mutex);
  }

  isDead(id) {
    return Boolean(this.clients.get(id)?.ended) && this.list.includes(id);
  }
}

/** An event as a sentence. */
export function sentence(event) {
  const { kind, client, part, lines = [], to, name, value } = event;
  const who = [client && `client ${client}`, part].filter(Boolean).join(" ");
  const where = lines.length ? `${who}, line ${lines.at(-1)}, ` : `${who} `;
  switch (kind) {
    case "call": return `${where}begins`;
    case "line": return `${where}runs`;
    case "wait": return `${where}waits${to ? ` for client ${to}` : ""}`;
    case "raise": return `${where}raises ${name}${value ? `: ${value}` : ""}`;
    case "return": return `${where}is back from ${name}`;
    case "end": return `${where}ends${value ? ` with ${value}` : ""}`;
    case "lock": return `${where}wants ${name}`;
    case "locked": return `${where}has ${name}`;
    case "unlocked": return `${where}gives ${name} back`;
    case "set": return `${where}${name} is ${value}`;
    case "if": return `${where}the condition is ${value}`;
    case "list": return `the list holds ${(event.list ?? []).join(", ") || "nobody"}`;
    case "armed": return `whoever comes to line ${lines.at(-1)} next is blocked`;
    case "held": return `${where}is blocked`;
    case "released": return `${where}goes on`;
    case "connected": return `${who} is connected`;
    case "says": return `${who} says ${value}`;
    case "hears": return `${who} hears ${value}`;
    case "stops": return `${who} ${value}`;
    case "closed": return `${who} is closed: ${value}`;
    case "gone": return "the program has ended";
    case "fault": return `tracing failed: ${value}`;
    default: return "";
  }
}
