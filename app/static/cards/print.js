// When the progress bar says that the work has ended, load the page with its outcome.
const frame = document.querySelector("[data-reload-when-done]");
const running = () => ["queued", "running"].includes(frame?.querySelector("[data-state]")?.dataset.state);
if (running()) {
  frame.addEventListener("htmx:afterSettle", () => {
    if (!running()) window.location.reload();
  });
}
