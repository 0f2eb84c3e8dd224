// Gives the tool's frame the height that the tool asks for (postMessage subject lti.frameResize).
const LOWEST = 200;
const HIGHEST = 20000;
const frame = document.querySelector("iframe[data-tool]");

window.addEventListener("message", (event) => {
  const comesFromTool =
    event.origin === new URL(frame.dataset.tool).origin && event.source === frame.contentWindow;
  const height = Number(event.data?.height);
  if (!comesFromTool || event.data.subject !== "lti.frameResize" || !Number.isFinite(height)) {
    return;
  }
  frame.style.height = `${Math.min(Math.max(height, LOWEST), HIGHEST)}px`;
});
