// What one may look at beside the messages. The address names it (#wire), so that it survives a
// reload and can be passed on; what follows "=" in it is the view's own (#code=everyone).
import { belongsToInputMethod } from "./dom.js";

const chat = document.querySelector("#chat-button");

chat.addEventListener("click", () => go(""));

/** Goes to the view that the hash names, or back to the messages alone. */
export function go(hash) {
  history.replaceState(null, "", hash || location.pathname + location.search);
  dispatchEvent(new Event("hashchange"));
}

/** The view that the address names, and what is said to it. */
export function addressed() {
  const [name, argument] = location.hash.slice(1).split("=");
  return { name, argument };
}

/**
 * show({ isOpen, isChat, argument }) is called when views change. isChat: the messages are alone.
 */
export function view(name, show) {
  const panel = document.querySelector(`#${name}-view`);
  const button = document.querySelector(`#${name}-button`);
  const close = () => {
    go("");
    button.focus();
  };
  const follow = () => {
    const { name: now, argument } = addressed();
    const isOpen = now === name;
    panel.hidden = !isOpen;
    button.setAttribute("aria-pressed", isOpen);
    const isChat = document.querySelector(".view:not([hidden])") === null;
    chat.setAttribute("aria-pressed", isChat);
    document.body.classList.toggle("viewing", !isChat);
    document.body.classList.toggle(`viewing-${name}`, isOpen);
    show({ isOpen, isChat: !["wire", "code"].includes(now), argument });
  };
  button.addEventListener("click", () => go(panel.hidden ? `#${name}` : ""));
  document.querySelector(`#${name}-close`).addEventListener("click", close);
  addEventListener("hashchange", follow);
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || panel.hidden) return;
    if (!belongsToInputMethod(event)) close();
  });
  follow();
}
