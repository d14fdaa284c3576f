// A file dropped anywhere on the marked place is chosen, as if the button had been used; its name and size are shown.
for (const place of document.querySelectorAll("[data-drop]")) {
  const input = place.querySelector("input[type=file]");
  const words = place.querySelector("[data-drop-name]");

  const show = () => {
    const [file] = input.files;
    if (!file) return;
    const size = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });
    words.textContent = `${file.name} · ${size.format(Math.max(file.size / 2 ** 20, 0.1))}`;
    place.classList.add("drop-chosen");
  };

  input.addEventListener("change", show);
  for (const kind of ["dragenter", "dragover"]) {
    place.addEventListener(kind, (event) => {
      event.preventDefault();
      place.classList.add("drop-over");
    });
  }
  place.addEventListener("dragleave", () => place.classList.remove("drop-over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("drop-over");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
}
