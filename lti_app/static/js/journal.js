// The journal's page: follows the credit while it is on its way, and drops copies of entries that are finished.

import { KeptCopy } from "./kept_copy.js";
import { showMoments } from "./moments.js";

const FIRST_LOOK = 1000;
const LAST_LOOK = 60000;

for (const link of document.querySelectorAll("[data-finished]")) {
  const copy = new KeptCopy({ entryId: link.dataset.finished, path: link.dataset.path ?? new URL(link.href).pathname });
  copy.forgetFinished();
}

async function look(wait) {
  const credit = document.querySelector("[data-credit-url]");
  if (!credit || wait > LAST_LOOK) return;
  await new Promise((done) => setTimeout(done, wait));
  try {
    const response = await fetch(credit.dataset.creditUrl, { credentials: "same-origin" });
    if (response.ok) {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector("[data-credit]");
      if (fresh && fresh.dataset.credit !== credit.dataset.credit) {
        // The element stays, so that screen readers hear its words change.
        credit.className = fresh.className;
        credit.dataset.credit = fresh.dataset.credit;
        if (!fresh.dataset.creditUrl) credit.removeAttribute("data-credit-url");
        credit.replaceChildren(...fresh.childNodes);
        showMoments(credit);
      }
    }
  } catch {
    // No network just now; the next look may have one.
  }
  look(wait * 1.5);
}

look(FIRST_LOOK);
