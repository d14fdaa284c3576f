// A <div class="map"> becomes a Leaflet map without tiles. Its data attributes say what it shows (see core/_maps.html):
//   data-layers='[{"url": "/cells.geojson?manager=KH1", "style": "beat"}]'   style: beat, load, quiet, chosen, fault, border, box, mark
//       "live": true asks for what the map shows instead of for everything
//   data-points='[{"lon": 114.4, "lat": 23.1, "label": "…"}]'
//   data-labels='{"manager": "客户经理", "households": "户数"}'   words of the popups
//   data-words='{"nobody": "…"}'                                words of the map itself
//   data-room='0.25'                                           what is around the layers, as a share of them
// Features may carry the properties code, name, manager, households, load, url; popups hold text only.
// The keyboard: arrows move, + and − zoom, Enter tells about the place in the middle, Escape closes.
import { STYLES, fillLegend, token } from "./map_styles.js";
import { fixedLayer, liveLayer } from "./map_layers.js";

export { STYLES };

const COLOURED = ["beat", "load"];

function parsed(element, name, fallback) {
  return element.dataset[name] ? JSON.parse(element.dataset[name]) : fallback;
}

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

// Whether a point lies in a polygon of Leaflet's: the holes count as outside (crossings of a ray, even and odd).
function covers(rings, { lat, lng }) {
  if (Array.isArray(rings[0])) {
    const isPolygon = !Array.isArray(rings[0][0]);
    return isPolygon ? rings.filter((ring) => covers(ring, { lat, lng })).length % 2 === 1 : rings.some((part) => covers(part, { lat, lng }));
  }
  let inside = false;
  rings.forEach((to, at) => {
    const from = rings.at(at - 1);
    if (to.lat > lat !== from.lat > lat && lng < ((from.lng - to.lng) * (lat - to.lat)) / (from.lat - to.lat) + to.lng) inside = !inside;
  });
  return inside;
}

function featureAt(layers, place) {
  let found = null;
  for (const layer of layers) {
    layer.eachLayer(function look(each) {
      if (each.eachLayer) each.eachLayer(look);
      else if (each.getBounds?.().contains(place) && each.getLatLngs && covers(each.getLatLngs(), place)) found = each.feature;
    });
  }
  return found;
}

// Popups stand on the map and not on a layer: a layer that is fetched anew would take them with it.
function tellAbout(map, layers, labels, words) {
  const drawing = { isOn: true };
  const open = ({ properties }, place) => {
    const popup = L.popup().setLatLng(place).setContent(popupOf(properties, labels)).openOn(map);
    popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", words.close ?? "×");
    return popup;
  };
  for (const layer of layers) {
    layer.on("click", ({ propagatedFrom, latlng }) => drawing.isOn && propagatedFrom?.feature && open(propagatedFrom.feature, latlng));
  }
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.target !== map.getContainer()) {
      if (event.key === "Escape") map.getContainer().focus();
      return;
    }
    const feature = event.key === "Enter" && drawing.isOn && featureAt(layers, map.getCenter());
    if (feature) {
      event.preventDefault();
      open(feature, map.getCenter()).getElement().querySelector("a")?.focus();
    }
  });
  return drawing;
}

function addLegend(map, layer, style, words) {
  const control = L.control({ position: "bottomright" });
  control.onAdd = () => {
    const box = L.DomUtil.create("details", "map-legend");
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    box.open = map.getSize().x > 480;
    box.appendChild(document.createElement("summary")).textContent = words.legend;
    return box;
  };
  control.addTo(map);
  const box = control.getContainer();
  const fill = () => {
    const shown = [];
    layer.eachLayer(function look(each) {
      if (each.feature) shown.push(each.feature.properties);
      else each.eachLayer?.(look);
    });
    fillLegend(box, style, shown, words);
  };
  layer.on("fetched", fill);
  fill();
}

function addPoints(map, points) {
  const marks = points.map(({ lon, lat, label }) => {
    const mark = L.circleMarker([lat, lon], { radius: 7, color: token("paper"), weight: 2, fillColor: token("wrong-fill"), fillOpacity: 1 });
    const words = document.createElement("span");
    words.textContent = label;
    return label ? mark.bindTooltip(words) : mark;
  });
  return L.featureGroup(marks);
}

function sayFailure(element, words) {
  if (element.querySelector(".map-failure")) return;
  const said = element.appendChild(document.createElement("p"));
  said.className = "map-failure";
  said.setAttribute("role", "alert");
  said.textContent = words.failed ?? "";
}

// Draws the map and resolves to {map, layers, popups} when all layers are on it; `popups.isOn` lets them open.
export async function drawMap(element) {
  element.dataset.drawn = "";
  const [labels, words] = [parsed(element, "labels", {}), parsed(element, "words", {})];
  const map = L.map(element, { preferCanvas: true, zoomSnap: 0.25, attributionControl: false, zoomControl: false }).setView([23.1, 114.4], 10);
  L.control.zoom({ zoomInTitle: words.nearer, zoomOutTitle: words.farther }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  const asked = parsed(element, "layers", []);
  const layers = await Promise.all(asked.map((layer) => (layer.live ? liveLayer : fixedLayer)(map, layer))).catch((error) => {
    sayFailure(element, words);
    throw error;
  });
  const points = addPoints(map, parsed(element, "points", []));
  const bounds = L.latLngBounds([]);
  for (const [at, layer] of [...layers, points].entries()) {
    const own = layer.extent ?? layer.getBounds();
    if (own.isValid() && !asked[at]?.aside) bounds.extend(own);
    layer.on?.("failed", () => sayFailure(element, words));
    layer.on?.("fetched", () => element.querySelector(".map-failure")?.remove());
  }
  if (bounds.isValid()) map.fitBounds(bounds.pad(Number(element.dataset.room ?? 0.03)), { animate: false, maxZoom: 17 });
  for (const layer of [...layers, points]) layer.addTo(map);
  const popups = tellAbout(map, layers, labels, words);
  const coloured = asked.findIndex(({ style }) => COLOURED.includes(style));
  if (coloured >= 0 && words.legend) addLegend(map, layers[coloured], asked[coloured].style, words);
  element.append(Object.assign(document.createElement("span"), { className: "map-middle", ariaHidden: "true" }));
  element.dataset.drawn = "yes";
  return { map, layers, popups };
}

// Maps of the page, and of what htmx has put into it later.
function drawAll(within) {
  for (const element of within.querySelectorAll(".map[data-layers], .map[data-points]")) {
    if (element.dataset.editor === undefined && element.dataset.drawn === undefined) drawMap(element);
  }
}

drawAll(document);
document.addEventListener("htmx:load", ({ target }) => drawAll(target.parentElement ?? target));
