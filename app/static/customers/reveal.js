// A digit presses the button, or leads into the field, that bears it. Another key right after it is no choice but the
// beginning of the next look-up: then both go into the look-up box, and nobody is revealed.
const SETTLED = 300;
let chosen = null;

function press(digit, button) {
  const timer = setTimeout(() => {
    chosen = null;
    button.click();
  }, SETTLED);
  chosen = { digit, timer };
}

function lookUp(typed) {
  const box = document.querySelector('[data-focus-key="/"]');
  if (!box) return;
  box.focus();
  box.value = typed;
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (typing || event.repeat || event.key.length > 1 || event.ctrlKey || event.metaKey || event.altKey) return;
  if (chosen) {
    event.preventDefault();
    clearTimeout(chosen.timer);
    lookUp(chosen.digit + event.key);
    chosen = null;
    return;
  }
  const button = document.querySelector(`[data-press-key="${CSS.escape(event.key)}"]`);
  if (button) press(event.key, button);
});
