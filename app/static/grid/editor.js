// Divide, merge and reshape a cell on its map. The server proves the layer; what it refuses is said above the map.
import { STYLES, drawMap } from "../core/map.js";

const bar = document.getElementById("editor");
const hint = bar.querySelector(".editor-hint");
const actions = bar.querySelector(".editor-actions");
const failure = document.getElementById("editor-error");
const SELECTED = { ...STYLES.chosen(), fillOpacity: 0.35 };

const { map, layers: [around, cell] } = await drawMap(document.querySelector(".map[data-editor]"));
map.pm.setLang(document.documentElement.lang.startsWith("zh") ? "zh" : "en");
const outline = JSON.stringify(cell.toGeoJSON());
const popups = new Map([around, cell].map((layer) => [layer, layer.getPopup()]));
const chosen = new Set();
let tool = null;
let line = null;

function geometryOf(layer) {
  return JSON.stringify(layer.toGeoJSON(9).geometry ?? layer.toGeoJSON(9).features[0].geometry);
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
    start: () => around.eachLayer((layer) => layer.on("click", choose)),
    end: () => around.eachLayer((layer) => layer.off("click", choose).setStyle(STYLES.quiet())),
    request: () => chosen.size > 0 && [bar.dataset.merge, [...chosen].map((code) => ["with", code])],
  },
};

function choose({ target }) {
  const { code } = target.feature.properties;
  if (chosen.delete(code)) target.setStyle(STYLES.quiet());
  else {
    chosen.add(code);
    target.setStyle(SELECTED);
  }
}

function stop() {
  TOOLS[tool]?.end();
  for (const [layer, popup] of popups) layer.bindPopup(popup);
  line?.remove();
  line = null;
  chosen.clear();
  tool = null;
  hint.textContent = "";
  actions.hidden = true;
  failure.hidden = true;
  for (const button of bar.querySelectorAll("[data-tool]")) button.classList.remove("active");
}

function begin(button) {
  stop();
  tool = button.dataset.tool;
  button.classList.add("active");
  hint.textContent = bar.getAttribute(`data-hint-${tool}`);
  actions.hidden = false;
  map.closePopup();
  for (const layer of popups.keys()) layer.unbindPopup(); // an open popup would swallow the click
  TOOLS[tool].start();
}

function refuse(message) {
  failure.textContent = message;
  failure.hidden = false;
}

async function save() {
  const asked = TOOLS[tool].request();
  if (!asked) {
    refuse(bar.getAttribute(`data-missing-${tool}`));
    return;
  }
  const [url, fields] = asked;
  const body = new URLSearchParams(fields);
  const headers = { "X-CSRFToken": bar.dataset.csrf, Accept: "application/json" };
  const answer = await fetch(url, { method: "POST", body, headers });
  const said = await answer.json();
  if (answer.ok) window.location.assign(said.url);
  else refuse(said.title);
}

map.on("pm:create", ({ layer }) => {
  line = layer;
});
bar.hidden = false;
for (const button of bar.querySelectorAll("[data-tool]")) button.addEventListener("click", () => begin(button));
bar.querySelector("[data-action=save]").addEventListener("click", save);
bar.querySelector("[data-action=cancel]").addEventListener("click", stop);
