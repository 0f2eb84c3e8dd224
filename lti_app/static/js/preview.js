// Keeps "What teachers will see" up to date while the settings are typed; without this script a button does it.

import { showMoments } from "./moments.js";

const WAIT = 400;
const form = document.querySelector("form[data-preview]");
let timer = null;
let asked = 0;

async function refresh() {
  const number = ++asked;
  const fields = new FormData(form);
  fields.set("then", "preview");
  try {
    const response = await fetch(location.href, { method: "POST", body: fields, credentials: "same-origin" });
    if (!response.ok || number !== asked) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("#preview .preview-page");
    if (!fresh) return;
    showMoments(fresh);
    document.querySelector("#preview .preview-page").replaceWith(document.adoptNode(fresh));
  } catch {
    // No network just now; the next key may have one.
  }
}

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(refresh, WAIT);
});
