// Another client in this page, for what the page's own connection cannot show.
export class Guest {
  #url;

  constructor(id) {
    this.name = `Client #${id}`;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#url = `${scheme}//${location.host}/ws/${id}`;
  }

  get url() {
    return this.#url;
  }

  /** Connects, and returns the open WebSocket. */
  join(Socket = WebSocket) {
    return new Promise((resolve, reject) => {
      const ws = new Socket(this.#url);
      ws.onopen = () => resolve(ws);
      ws.onclose = () => reject(new Error(`${this.name} could not connect`));
    });
  }

  /** Connects in a frame that then goes away, and its connection with it. */
  async inFrame() {
    const frame = document.createElement("iframe");
    frame.hidden = true;
    document.body.append(frame);
    try {
      await this.join(frame.contentWindow.WebSocket);
    } finally {
      frame.remove();
    }
  }
}
