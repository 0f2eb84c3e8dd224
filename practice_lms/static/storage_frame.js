// The frame beside a tool's that keeps its data, where the platform names a storage frame.
import { isMessage, refuse } from "./messages.js";
import { serveStorage, SUBJECTS } from "./storage.js";

const origins = JSON.parse(document.body.dataset.tools);

window.addEventListener("message", (event) => {
  if (!isMessage(event, "lti.")) {
    return;
  }
  if (SUBJECTS.includes(event.data.subject)) {
    serveStorage(event, origins);
  } else {
    refuse(event, "unsupported_subject", "this frame keeps data, and nothing else");
  }
});
