// Layers of a map: those that are fetched once, and those that are fetched anew for what the map shows.
import { STYLES, learnBeats } from "./map_styles.js";

const PADDING = 0.4;
const PATIENCE = 200;

// What features have alike is said once, in `alike`, and the address of their pages in `pages` (see grid/geojson.py).
function spread({ alike, pages, features }) {
  for (const { properties } of features) {
    if (properties.alike !== undefined) Object.assign(properties, alike[properties.alike], { url: pages + properties.code });
  }
}

async function fetched(url, signal) {
  const answer = await fetch(url, { headers: { Accept: "application/geo+json" }, signal });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const collection = await answer.json();
  if (collection.alike) spread(collection);
  return collection;
}

function drawn(collection, style, pane) {
  if (style === "beat") learnBeats(collection.features);
  const still = style === "box" && { interactive: false, pmIgnore: true, snapIgnore: true };
  const pointToLayer = (_feature, place) => L.circleMarker(place, { pane, ...still });
  return L.geoJSON(collection, { style: STYLES[style], pointToLayer, pane, renderer: pane && L.canvas({ pane }) });
}

// Lines that lie over the cells, and leave the clicks to them.
function paneOver(map) {
  if (!map.getPane("borders")) Object.assign(map.createPane("borders").style, { pointerEvents: "none", zIndex: 450 });
  return "borders";
}

// A layer that is fetched once.
export async function fixedLayer(map, { url, style = "beat" }) {
  return drawn(await fetched(url), style, style === "border" ? paneOver(map) : undefined);
}

// A layer that asks for what the map shows, as fine as it shows it. Resolves when it has been drawn once; its bounds
// (`extent`) are those of all there is. Fires "fetched" after each answer and "failed" when there is none.
export async function liveLayer(map, { url, style = "beat" }) {
  const pane = style === "border" ? paneOver(map) : undefined;
  const group = L.featureGroup();
  const address = new URL(url, window.location.href);
  let has = null;
  let asked = null;
  let waiting = null;

  async function load(bounds) {
    asked?.abort();
    asked = new AbortController();
    const wide = bounds?.pad(PADDING);
    const pixels = Math.round(map.getSize().x * (bounds ? 1 + 2 * PADDING : 1)) || 800;
    address.searchParams.set("pixels", pixels);
    if (wide) address.searchParams.set("bbox", wide.toBBoxString());
    const collection = await fetched(address, asked.signal);
    const [west, south, east, north] = collection.bbox ?? [0, 0, 0, 0];
    const found = L.latLngBounds([south, west], [north, east]);
    group.extent ??= collection.bbox && found;
    has = { bounds: wide ?? found, step: ((wide ?? found).getEast() - (wide ?? found).getWest()) / pixels };
    group.clearLayers().addLayer(drawn(collection, style, pane));
    group.fire("fetched");
  }

  function isEnough() {
    const bounds = map.getBounds();
    const step = (bounds.getEast() - bounds.getWest()) / map.getSize().x;
    const west = Math.max(bounds.getWest(), group.extent.getWest());
    const east = Math.min(bounds.getEast(), group.extent.getEast());
    const south = Math.max(bounds.getSouth(), group.extent.getSouth());
    const north = Math.min(bounds.getNorth(), group.extent.getNorth());
    if (west >= east || south >= north) return true;
    return has.bounds.contains([[south, west], [north, east]]) && step > has.step / 1.6 && step < has.step * 4;
  }

  function follow() {
    clearTimeout(waiting);
    if (group.extent && !isEnough()) {
      waiting = setTimeout(() => load(map.getBounds()).catch((error) => error.name === "AbortError" || group.fire("failed")), PATIENCE);
    }
  }

  await load(null);
  map.on("moveend", follow);
  return group;
}
