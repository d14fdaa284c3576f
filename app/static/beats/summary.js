// The summary of a unit is its page as print.css lays it out; the button needs the script, so it shows only with it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
