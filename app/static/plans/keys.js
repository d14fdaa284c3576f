// The keyboard: letters take tools and do deeds, numbers give what is chosen to the nearest managers, `?` tells all.
import { root } from "./words.js";

const TOOLS = { v: "choose", b: "brush", r: "box", l: "lasso", d: "border", x: "line", e: "shape" };
const DEEDS = { k: "lock", h: "halve", m: "merge", g: "give", "0": "all" };

export function bindKeys(scene, deeds, take) {
  const sheet = root.querySelector(".plan-help");
  const help = () => (sheet.open ? sheet.close() : sheet.showModal());
  root.querySelector("[data-act=help]").addEventListener("click", help);
  sheet.querySelector("button").addEventListener("click", help);

  const isOffered = (selector) => {
    const found = root.querySelector(selector);
    return found && !found.disabled && !found.closest("[inert]");
  };

  function escape() {
    if (scene.hand.cancel()) return;
    if (scene.card.closeMenu()) return void scene.map.getContainer().focus();
    if (scene.hand.tool !== "choose") return void take("choose");
    scene.choose([], "only");
  }

  // Enter and the space bar choose the cell in the middle of the map that has the focus.
  function pickMiddle({ shiftKey }) {
    const cell = scene.cellAt(scene.map.getSize().divideBy(2));
    if (cell >= 0) scene.choose([cell], shiftKey ? (scene.chosen.has(cell) ? "remove" : "add") : "only");
  }

  document.addEventListener("keydown", (event) => {
    if (sheet.open || event.isComposing) return;
    const key = event.key.toLowerCase();
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (key === "escape" && (!typing || root.contains(typing))) {
      if (typing) scene.map.getContainer().focus();
      return escape();
    }
    if (typing && typing.type !== "radio") return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (key === "z" || key === "y")) {
      event.preventDefault();
      return scene.turn(key === "y" || event.shiftKey ? "redo" : "undo");
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === "?") return help();
    if (event.target === scene.map.getContainer() && (key === "enter" || key === " ")) {
      event.preventDefault();
      return pickMiddle(event);
    }
    if (TOOLS[key] && isOffered(`[data-tool=${TOOLS[key]}]`)) take(TOOLS[key]);
    else if (/^[1-9]$/.test(key)) scene.card.giveByNumber(Number(key));
    else if (DEEDS[key] && isOffered(`[data-act=${DEEDS[key]}]`)) {
      event.preventDefault();
      deeds[DEEDS[key]]();
    }
  });
}
