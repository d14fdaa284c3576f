// Move the border of a cell by its corners; the neighbours' borders move along, which the server sees to.
import { root, say } from "./words.js";

export function bindBorder(scene, take) {
  const { map } = scene;
  const bar = root.querySelector(".plan-border");
  map.pm.setLang(document.documentElement.lang.startsWith("zh") ? "zh" : "en");
  map.pm.setGlobalOptions({ allowSelfIntersection: false, snappable: true, snapDistance: 12 });
  let drawn = null;
  let cell = null;

  function stop() {
    drawn?.pm.disable();
    drawn?.remove();
    [drawn, cell] = [null, null];
    bar.hidden = true;
  }

  function begin() {
    if (scene.chosen.size !== 1) return void scene.tell(say("oneCell"));
    const [at] = scene.chosen;
    [cell] = scene.keys([at]);
    drawn = L.geoJSON(scene.shapes.features[at], { style: { weight: 3, className: "plan-sketch" }, renderer: scene.overlay }).addTo(map);
    drawn.pm.enable();
    bar.hidden = false;
  }

  function apply() {
    const [{ geometry }] = drawn.toGeoJSON(9).features;
    const key = cell;
    take("choose");
    scene.send("reshape", { cell: key, shape: geometry });
  }

  root.addEventListener("tool", ({ detail }) => {
    stop();
    if (detail === "shape") begin();
  });
  bar.querySelector("[data-apply]").addEventListener("click", apply);
  bar.querySelector("[data-cancel]").addEventListener("click", () => take("choose"));
  root.addEventListener("keydown", (event) => {
    if (!drawn || event.key !== "Enter" || event.target.closest("button")) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    apply();
  });
}
