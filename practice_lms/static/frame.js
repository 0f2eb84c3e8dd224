// The page's side of a tool's frame: its height, its end, what the platform can do, and storage where this page keeps it.
import { answer, isMessage, refuse } from "./messages.js";
import { serveStorage, SUBJECTS } from "./storage.js";

const LOWEST = 200;
const HIGHEST = 20000;
const frame = document.querySelector("iframe[data-tool]");
const origin = new URL(frame.dataset.tool).origin;
const { storage, storageFrame, close } = frame.dataset;

function resize(height) {
  if (Number.isFinite(height)) {
    frame.style.height = `${Math.min(Math.max(height, LOWEST), HIGHEST)}px`;
  }
}

function capabilities(event) {
  const place = storage === "frame" ? { frame: storageFrame } : {};
  const own = ["lti.capabilities", "lti.close", "lti.frameResize"].map((subject) => ({ subject }));
  answer(event, { supported_messages: [...own, ...SUBJECTS.map((subject) => ({ subject, ...place }))] });
}

function serve(event) {
  const { subject } = event.data;
  if (subject === "lti.capabilities") {
    capabilities(event);
  } else if (storage === "parent" && SUBJECTS.includes(subject)) {
    serveStorage(event, [origin]);
  } else {
    refuse(event, "unsupported_subject", "this platform does not know the subject");
  }
}

window.addEventListener("message", (event) => {
  if (!isMessage(event, "lti.")) {
    return;
  }
  const comesFromFrame = event.origin === origin && event.source === frame.contentWindow;
  if (event.data.subject === "lti.frameResize") {
    if (comesFromFrame) {
      resize(Number(event.data.height));
    }
  } else if (event.data.subject === "lti.close") {
    if (comesFromFrame && close) {
      window.location.assign(close);
    }
  } else if (storage === "parent" || storage === "frame") {
    serve(event);
  }
});
