// The keyboard: the key named in data-focus-key puts the cursor into that field, Escape leaves it; and menus that close.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Escape") {
    const open = event.target.closest("details.menu[open], details.confirm[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    } else if (event.target.matches(".topbar-lookup input") && !event.isComposing) event.target.blur();
    return;
  }
  // Nobody looks up what begins with a slash: in the empty box it is still the key that leads there.
  if (event.key === "/" && typing?.dataset.focusKey === "/" && typing.value === "") event.preventDefault();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector(`[data-focus-key="${CSS.escape(event.key)}"]`);
  if (field) {
    event.preventDefault();
    field.focus();
    field.select();
  }
});

// A menu or a question that is open closes when one looks elsewhere.
for (const kind of ["click", "focusin"]) {
  document.addEventListener(kind, ({ target }) => {
    for (const open of document.querySelectorAll("details.menu[open], details.confirm[open]")) {
      if (!open.contains(target)) open.open = false;
    }
  });
}
