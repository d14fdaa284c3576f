// A <div class="map"> becomes a Leaflet map without tiles. Its data attributes say what it shows:
//   data-layers='[{"url": "/cells.geojson?manager=KH1", "style": "beat"}]'   style: beat, load, quiet, chosen, fault
//   data-points='[{"lon": 114.4, "lat": 23.1, "label": "…"}]'
//   data-labels='{"manager": "客户经理", "households": "户数"}'               words of the popups
// Features may carry the properties code, name, manager, households, load, url; popups hold text only.
// Colours of the page come from its style, so that maps follow the theme.
const LOAD = [[0.7, "#542788"], [0.85, "#998ec3"], [0.95, "#d8daeb"], [1.05, "#f7f7f7"], [1.15, "#fee0b6"], [1.3, "#f1a340"]];
const BEATS = ["#88ccee", "#cc6677", "#ddcc77", "#117733", "#332288", "#aa4499", "#44aa99", "#999933", "#882255"];
const NOBODY = "#b8c0c8";
const OVER = "#b35806";

function colourOfLoad(load) {
  if (load === null || load === undefined) return NOBODY;
  return (LOAD.find(([limit]) => load < limit) ?? [0, OVER])[1];
}

// Beats take the colours in the order in which they come, so that up to nine on one map all differ.
const beats = new Map();
function colourOfBeat(manager) {
  if (!manager) return NOBODY;
  if (!beats.has(manager)) beats.set(manager, BEATS[beats.size % BEATS.length]);
  return beats.get(manager);
}

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export const STYLES = {
  beat: ({ properties }) => ({ color: token("map-line"), weight: 1, fillColor: colourOfBeat(properties.manager), fillOpacity: 0.6 }),
  load: ({ properties }) => ({ color: token("map-line"), weight: 1, fillColor: colourOfLoad(properties.load), fillOpacity: 0.8 }),
  quiet: () => ({ color: token("quiet"), weight: 1, fillColor: token("paper"), fillOpacity: 0.35 }),
  chosen: () => ({ color: token("act"), weight: 3, fillColor: token("act"), fillOpacity: 0.15 }),
  fault: ({ properties }) => {
    const color = token(properties.kind === "multipart" ? "over-fill" : "wrong-fill");
    return { color, weight: 2, fillColor: color, fillOpacity: 0.4 };
  },
};

function popupOf(properties, labels) {
  const box = document.createElement("div");
  const title = box.appendChild(document.createElement(properties.url ? "a" : "strong"));
  title.textContent = properties.code ?? properties.name ?? "";
  if (properties.url) title.href = properties.url;
  for (const key of Object.keys(labels)) {
    if (properties[key] === undefined || properties[key] === null) continue;
    const line = box.appendChild(document.createElement("div"));
    const value = typeof properties[key] === "number" ? properties[key].toLocaleString() : properties[key];
    line.textContent = `${labels[key]} ${value}`;
  }
  return box;
}

function parsed(element, name, fallback) {
  return element.dataset[name] ? JSON.parse(element.dataset[name]) : fallback;
}

async function addLayer(map, { url, style = "beat" }, labels) {
  const answer = await fetch(url, { headers: { Accept: "application/geo+json" } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const layer = L.geoJSON(await answer.json(), { style: STYLES[style] });
  layer.bindPopup(({ feature }) => popupOf(feature.properties, labels));
  return layer.addTo(map);
}

// Draws the map and resolves to {map, layers} when all layers are on it.
export async function drawMap(element) {
  const map = L.map(element, { preferCanvas: true, zoomSnap: 0.25, attributionControl: false }).setView([23.1, 114.4], 10);
  L.control.scale({ imperial: false }).addTo(map);
  const labels = parsed(element, "labels", {});
  const layers = await Promise.all(parsed(element, "layers", []).map((layer) => addLayer(map, layer, labels)));
  const points = parsed(element, "points", []).map(({ lon, lat, label }) => {
    const mark = L.circleMarker([lat, lon], { radius: 7, color: token("paper"), weight: 2, fillColor: token("wrong-fill"), fillOpacity: 1 });
    const words = document.createElement("span");
    words.textContent = label;
    return label ? mark.bindTooltip(words) : mark;
  });
  const all = L.featureGroup([...layers, L.featureGroup(points).addTo(map)]);
  const bounds = all.getBounds();
  if (bounds.isValid()) map.fitBounds(bounds.pad(0.05), { animate: false, maxZoom: 17 });
  element.dataset.drawn = "yes";
  return { map, layers };
}

for (const element of document.querySelectorAll(".map[data-layers], .map[data-points]")) {
  if (element.dataset.editor === undefined) drawMap(element);
}
