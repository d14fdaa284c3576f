// Split a cell by a line: a click sets a corner, a double click or Enter ends it, Esc takes it back.
import { root, say } from "./words.js";

export function bindLine(scene, take) {
  const { map } = scene;
  let line = null;
  let cell = null;

  function stop() {
    line?.remove();
    [line, cell] = [null, null];
  }

  function end() {
    const corners = line?.getLatLngs() ?? [];
    const places = corners.filter((place, at) => at === 0 || !place.equals(corners[at - 1]));
    const key = cell;
    stop();
    if (places.length < 2) return void scene.tell(say("noLine"));
    scene.tell("");
    scene.send("split", { cell: key, line: places.map(({ lat, lng }) => [lng, lat]) });
    take("choose");
  }

  map.on("click", ({ latlng }) => {
    if (scene.hand.tool !== "line") return;
    if (!line) {
      [cell] = scene.keys(scene.chosen);
      if (scene.chosen.size !== 1) {
        scene.tell(say("oneCell"));
        take("choose");
        return;
      }
      line = L.polyline([], { weight: 3, className: "plan-sketch", renderer: scene.overlay }).addTo(map);
    }
    line.addLatLng(latlng);
  });
  root.addEventListener("tool", stop);
  map.on("dblclick", () => line && end());
  root.addEventListener("keydown", (event) => {
    if (!line || !["Enter", "Escape"].includes(event.key)) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    if (event.key === "Enter") end();
    else stop();
  });
}
