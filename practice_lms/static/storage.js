// Platform storage (lti.put_data, lti.get_data): one drawer for each origin, kept as long as this page stands.
import { answer, refuse } from "./messages.js";

export const SUBJECTS = ["lti.get_data", "lti.put_data"];
const MOST_KEYS = 500;
const MOST_BYTES = 4096;
const drawers = new Map();

function bytes(text) {
  return new TextEncoder().encode(text).length;
}

function put(event, drawer) {
  const { key, value } = event.data;
  if (value === null || value === undefined) {
    drawer.delete(key);
    answer(event, { key, value: null });
    return;
  }
  if (typeof value !== "string") {
    refuse(event, "bad_request", "value must be text");
    return;
  }
  if (bytes(key) + bytes(value) > MOST_BYTES || (!drawer.has(key) && drawer.size >= MOST_KEYS)) {
    refuse(event, "storage_exhaustion", `at most ${MOST_KEYS} keys of ${MOST_BYTES} bytes with their values`);
    return;
  }
  drawer.set(key, value);
  answer(event, { key, value });
}

export function serveStorage(event, origins) {
  if (!origins.includes(event.origin)) {
    refuse(event, "wrong_origin", "this origin is no tool of this platform");
    return;
  }
  const { key, message_id: id, subject } = event.data;
  if (typeof key !== "string" || key === "" || typeof id !== "string" || id === "") {
    refuse(event, "bad_request", "key and message_id must be text");
    return;
  }
  if (!drawers.has(event.origin)) {
    drawers.set(event.origin, new Map());
  }
  const drawer = drawers.get(event.origin);
  if (subject === "lti.put_data") {
    put(event, drawer);
  } else {
    answer(event, { key, value: drawer.get(key) ?? null });
  }
}
