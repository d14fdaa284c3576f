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

  function places() {
    const corners = line?.getLatLngs() ?? [];
    return corners.filter((place, at) => at === 0 || !place.equals(corners[at - 1]));
  }

  function end() {
    const [drawn, key] = [places(), cell];
    stop();
    if (drawn.length < 2) return void scene.tell(say("noLine"));
    scene.send("split", { cell: key, line: drawn.map(({ lat, lng }) => [lng, lat]) });
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
  // Quick taps, wherever they are, come as a double click, too: one corner is no line yet.
  map.on("dblclick", () => places().length > 1 && end());
  root.addEventListener("keydown", (event) => {
    if (!line || !["Enter", "Escape"].includes(event.key) || event.target.closest("button")) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    if (event.key === "Enter") end();
    else stop();
  });
}
