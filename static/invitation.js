// If others can reach this page, the empty room shows its address, legible from the back row.
import { element } from "./dom.js";
import { isLocal } from "./server.js";

export function inviteOthers() {
  if (isLocal) return;
  const address = element("strong", { textContent: location.origin, translate: false });
  address.className = "address";
  document.querySelector("#empty").replaceChildren("Others join at ", address);
}
