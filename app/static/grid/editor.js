// Divide, merge and reshape a cell on its map. The server proves the layer; what it refuses is said above the map.
// The neighbours to merge with are those that are ticked in the list below the map, which is a form of its own.
import { STYLES, drawMap } from "../core/map.js";

const bar = document.getElementById("editor");
const hint = bar.querySelector(".editor-hint");
const actions = bar.querySelector(".editor-actions");
const failure = document.getElementById("editor-error");
const ticks = new Map([...document.querySelectorAll("input[name=with]")].map((tick) => [tick.value, tick]));
const SELECTED = { ...STYLES.chosen(), fillOpacity: 0.35 };

const { map, layers: [around, cell], popups } = await drawMap(document.querySelector(".map[data-editor]"));
map.pm.setLang(document.documentElement.lang.startsWith("zh") ? "zh" : "en");
const outline = JSON.stringify(cell.toGeoJSON());
let tool = null;
let line = null;

function geometryOf(layer) {
  return JSON.stringify(layer.toGeoJSON(9).geometry ?? layer.toGeoJSON(9).features[0].geometry);
}

const ticked = () => [...ticks.values()].filter(({ checked }) => checked).map(({ value }) => value);

function showTicked() {
  around.eachLayer((layer) => layer.setStyle(ticks.get(layer.feature.properties.code)?.checked ? SELECTED : STYLES.quiet()));
}

function tick({ target }) {
  const box = ticks.get(target.feature.properties.code);
  if (!box) {
    refuse(bar.dataset.foreign);
    return;
  }
  box.checked = !box.checked;
  failure.hidden = true;
  showTicked();
}

const TOOLS = {
  line: {
    start: () => {
      map.doubleClickZoom.disable();
      map.pm.enableDraw("Line", { snappable: true, snapDistance: 12, tooltips: false });
    },
    end: () => {
      map.pm.disableDraw();
      map.doubleClickZoom.enable();
    },
    request: () => line && [bar.dataset.split, { line: geometryOf(line) }],
  },
  halve: { start: () => {}, end: () => {}, request: () => [bar.dataset.split, {}] },
  reshape: {
    start: () => cell.pm.enable({ allowSelfIntersection: false, snappable: true, snapDistance: 12 }),
    end: () => {
      cell.pm.disable();
      cell.clearLayers();
      cell.addData(JSON.parse(outline));
    },
    request: () => [bar.dataset.reshape, { shape: geometryOf(cell) }],
  },
  merge: {
    start: () => around.eachLayer((layer) => layer.on("click", tick)),
    end: () => around.eachLayer((layer) => layer.off("click", tick)),
    request: () => ticked().length > 0 && [bar.dataset.merge, ticked().map((code) => ["with", code])],
  },
};

function stop() {
  TOOLS[tool]?.end();
  popups.isOn = true;
  line?.remove();
  line = null;
  tool = null;
  hint.textContent = "";
  actions.hidden = true;
  failure.hidden = true;
  for (const button of bar.querySelectorAll("[data-tool]")) {
    button.classList.remove("active");
    button.setAttribute("aria-pressed", "false");
  }
}

function begin(button) {
  stop();
  tool = button.dataset.tool;
  button.classList.add("active");
  button.setAttribute("aria-pressed", "true");
  hint.textContent = bar.getAttribute(`data-hint-${tool}`);
  actions.hidden = false;
  map.closePopup();
  popups.isOn = false; // an open popup would swallow the click
  TOOLS[tool].start();
}

function refuse(message) {
  failure.textContent = message;
  failure.hidden = false;
}

async function save({ currentTarget: button }) {
  const asked = TOOLS[tool].request();
  if (!asked) {
    refuse(bar.getAttribute(`data-missing-${tool}`));
    return;
  }
  const [url, fields] = asked;
  const body = new URLSearchParams(fields);
  const headers = { "X-CSRFToken": bar.dataset.csrf, Accept: "application/json" };
  button.disabled = true;
  try {
    const answer = await fetch(url, { method: "POST", body, headers });
    const said = await answer.json();
    if (answer.ok) window.location.assign(said.url);
    else refuse(said.title);
  } catch {
    refuse(bar.dataset.failed);
  } finally {
    button.disabled = false;
  }
}

map.on("pm:create", ({ layer }) => {
  line = layer;
});
for (const box of ticks.values()) box.addEventListener("change", showTicked);
showTicked();
bar.hidden = false;
for (const button of bar.querySelectorAll("[data-tool]")) button.addEventListener("click", () => begin(button));
bar.querySelector("[data-action=save]").addEventListener("click", save);
bar.querySelector("[data-action=cancel]").addEventListener("click", stop);
