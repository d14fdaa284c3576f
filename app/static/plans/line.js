// Split a cell by a line: a click or a tap sets a corner; a double click, Enter or the button ends it, Esc takes it back.
import { root, say } from "./words.js";

export function bindLine(scene, take) {
  const { map } = scene;
  const bar = root.querySelector(".plan-line");
  let line = null;
  let cell = null;

  function stop() {
    line?.remove();
    [line, cell] = [null, null];
    bar.hidden = scene.hand.tool !== "line";
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
  bar.querySelector("[data-apply]").addEventListener("click", end);
  bar.querySelector("[data-cancel]").addEventListener("click", () => take("choose"));
  map.on("dblclick", () => line && end());
  root.addEventListener("keydown", (event) => {
    if (!line || !["Enter", "Escape"].includes(event.key) || event.target.closest("button")) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    if (event.key === "Enter") end();
    else stop();
  });
}
