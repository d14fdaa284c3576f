// Words and numbers as the page's language writes them; the words stand in the page.
export const root = document.getElementById("plan");
const said = JSON.parse(root.dataset.words);
const number = new Intl.NumberFormat(document.documentElement.lang);

export const count = (value) => number.format(value);
export const share = (value) => `${number.format(Math.round(value * 1000) / 10)} %`;
export const signed = (value) => `${value > 0.0005 ? "+" : value < -0.0005 ? "−" : "±"}${share(Math.abs(value))}`;
export const say = (name, values = {}) => (said[name] ?? name).replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");

// An element with a class, text, and other properties.
export function element(tag, className = "", text = "", properties = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== "") made.textContent = text;
  return Object.assign(made, properties);
}

export function button(className, text, act, label = "") {
  const made = element("button", className, text, { type: "button" });
  if (label) {
    made.setAttribute("aria-label", label);
    made.title = label;
  }
  made.addEventListener("click", act);
  return made;
}
