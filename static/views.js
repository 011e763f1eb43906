// What one may look at beside the messages. The address names it (#wire), so that it survives a
// reload and can be passed on.

/** show(open) is called when this view is opened or closed, by its button or by the address. */
export function view(name, show) {
  const panel = document.querySelector(`#${name}-view`);
  const button = document.querySelector(`#${name}-button`);
  const hash = `#${name}`;

  const follow = () => {
    const open = location.hash === hash;
    panel.hidden = !open;
    button.setAttribute("aria-expanded", open);
    const any = document.querySelector(".view:not([hidden])") !== null;
    document.body.classList.toggle("viewing", any);
    document.body.classList.toggle(`viewing-${name}`, open);
    show(open);
  };
  button.addEventListener("click", () => {
    history.replaceState(null, "", panel.hidden ? hash : location.pathname + location.search);
    dispatchEvent(new Event("hashchange"));
  });
  addEventListener("hashchange", follow);
  follow();
}
