// Before a login: keeps its state and nonce with the platform, then goes on, kept or not; a cookie may still do.

import { PlatformStorage } from "./platform_storage.js";

const link = document.getElementById("login");
const { name, nonce, platform, state, target } = link.dataset;

try {
  const storage = new PlatformStorage({ target, origin: platform });
  await Promise.all([storage.put(`staffroom-state-${name}`, state), storage.put(`staffroom-nonce-${name}`, nonce)]);
} catch {
  // No storage after all: the launch finds out, and offers a window of its own.
}
window.location.replace(link.href);
