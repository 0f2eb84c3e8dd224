// After a launch without cookies: what the platform kept shows that this browser began the login.

import { PlatformStorage } from "./platform_storage.js";

const form = document.getElementById("stored");
const { name, platform, target } = form.dataset;
const keys = [`staffroom-state-${name}`, `staffroom-nonce-${name}`];

try {
  const storage = new PlatformStorage({ target, origin: platform });
  const [state, nonce] = await Promise.all(keys.map((key) => storage.get(key)));
  // Used once; what was kept is taken away, whether the platform says so or not.
  await Promise.allSettled(keys.map((key) => storage.put(key, null)));
  if (state && nonce) {
    form.elements.state.value = state;
    form.elements.nonce.value = nonce;
    form.submit();
  }
} catch {
  // The button for a window of its own stands on the page.
}
