// The keyboard of the work list: arrows between rows; a key presses the button, or takes the choice, that bears it.
// The reason given last is offered again, for neighbours are often decided alike; it stays in this window.
const typing = (target) => target.closest("input:not([type=radio]), textarea, select");

function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? rows[0] : rows[at + by];
  next?.focus();
}

function take(element) {
  if (!element.matches("[type=radio]")) return element.click();
  element.checked = true;
  element.form.elements.other_cell.value = "";
  const field = element.form.elements[element.dataset.then];
  field.focus();
  field.select();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const row = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (row && document.querySelector("[data-row]")) {
    event.preventDefault();
    step(row);
    return;
  }
  const element = document.querySelector(`[data-press-key="${CSS.escape(event.key)}"]`);
  if (element) {
    event.preventDefault();
    take(element);
  }
});

// A cell chosen and a code typed put each other out.
document.addEventListener("input", ({ target }) => {
  const code = target.form?.elements.other_cell;
  if (!code || target.name === "why") return;
  if (target === code) for (const radio of target.form.querySelectorAll("[type=radio]")) radio.checked = false;
  else code.value = "";
});

for (const form of document.querySelectorAll("[data-remember]")) {
  const field = form.elements[form.dataset.remember];
  if (!field.value) field.value = sessionStorage.getItem("work.why") ?? "";
  form.addEventListener("submit", () => sessionStorage.setItem("work.why", field.value));
}
