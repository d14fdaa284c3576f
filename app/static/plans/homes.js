// Households as dots, one for each box, once the map is near enough; those of a cell are asked for once.
import { token } from "../core/map_styles.js";

const NEAR = 15;
const MOST = 40;

// A cell that the plan has made of another has its parent's boxes.
const registered = (key) => key.replace(/(\.\d+)+$/, "");

export function followHomes(scene, { homes }) {
  if (!homes) return;
  const { map } = scene;
  const kept = new Map();
  const shown = L.featureGroup().addTo(map);

  async function dotsOf(code) {
    const answer = await fetch(homes.replace("CELL", encodeURIComponent(code)));
    const { features } = answer.ok ? await answer.json() : { features: [] };
    const style = { stroke: true, weight: 1, color: token("paper"), fillColor: token("ink"), fillOpacity: 0.85, interactive: false };
    return L.featureGroup(features.map(({ geometry: { coordinates: [lng, lat] }, properties }) => L.circleMarker([lat, lng], { ...style, radius: 2 + Math.sqrt(properties.count) / 2 })));
  }

  async function follow() {
    if (map.getZoom() < NEAR) return void shown.clearLayers();
    const bounds = map.getBounds();
    const [west, north] = scene.shapes.place(bounds.getNorthWest());
    const [east, south] = scene.shapes.place(bounds.getSouthEast());
    const codes = new Set([...scene.shapes.around([west, north, east, south])].map((cell) => registered(scene.model.cells[cell].key)));
    if (codes.size > MOST) return;
    for (const code of codes) {
      if (!kept.has(code)) kept.set(code, dotsOf(code));
      const dots = await kept.get(code);
      if (map.getZoom() >= NEAR) shown.addLayer(dots);
    }
  }
  map.on("moveend", () => follow().catch(() => {}));
}
