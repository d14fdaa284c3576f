// The look-up box: hits while typing (never in the middle of a Chinese input method's composing), arrows between them.
const box = document.querySelector(".lookup-box input");

function settle() {
  box.dispatchEvent(new CustomEvent("settled"));
}

box.addEventListener("input", (event) => {
  if (!event.isComposing) settle();
});
box.addEventListener("compositionend", settle);

function step(by) {
  const stops = [box, ...document.querySelectorAll("#hits .hit")];
  const next = stops[stops.indexOf(document.activeElement) + by];
  if (next) next.focus();
}

document.addEventListener("keydown", (event) => {
  const inside = document.activeElement === box || document.activeElement.matches("#hits .hit");
  if (!inside || event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    step(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Escape" && document.activeElement !== box) {
    box.focus();
  }
});

box.setSelectionRange(box.value.length, box.value.length);

// What was typed to find one customer stays in no history.
const answer = document.querySelector("[data-address]");
if (answer) history.replaceState(null, "", answer.dataset.address);
