// The lines that are each other's pairs: those of static/pairs.json light up together.

export async function linkPairs(columns) {
  const { steps, ...groups } = await (await fetch("pairs.json")).json();
  for (const { python, go } of Object.values(groups).flat()) {
    const rows = columns.flatMap(({ element, lines }) =>
      lines.filter(({ text }) => [...python, ...go].includes(text.trim()))
        .map(({ number }) => element.querySelector(`[data-line="${number}"]`)));
    const light = (isOn) => rows.forEach((row) => row.classList.toggle("pair", isOn));
    for (const row of rows) {
      row.addEventListener("pointerenter", () => light(true));
      row.addEventListener("pointerleave", () => light(false));
      row.addEventListener("focusin", () => light(true));
      row.addEventListener("focusout", () => light(false));
    }
  }
}
