// Where others can reach this page, its empty room says so, to be read from the last row.
import { element } from "./dom.js";
import { isLocal } from "./server.js";

export function inviteOthers() {
  if (isLocal) return;
  const address = element("strong", { textContent: location.origin, translate: false });
  address.className = "address";
  document.querySelector("#empty").replaceChildren("Others join at ", address);
}
