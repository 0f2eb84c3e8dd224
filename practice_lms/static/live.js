// Renews each element with data-live from that address once a second, and marks the cells that changed.
const PAUSE_MILLISECONDS = 1000;
const status = document.querySelector("[data-live-status]");

function texts(piece) {
  const cells = piece.querySelectorAll("td[data-line-item]");
  return new Map([...cells].map((cell) => [`${cell.dataset.person}/${cell.dataset.lineItem}`, cell.textContent]));
}

function show(piece, html) {
  const before = texts(piece);
  piece.innerHTML = html;
  for (const cell of piece.querySelectorAll("td[data-line-item]")) {
    const old = before.get(`${cell.dataset.person}/${cell.dataset.lineItem}`);
    cell.classList.toggle("fresh", old !== undefined && old !== cell.textContent);
  }
  const sentence = piece.querySelector("[data-says]")?.dataset.says;
  if (status && sentence && status.textContent !== sentence) {
    status.textContent = sentence;
  }
}

async function renew(piece, shown) {
  let html = shown;
  try {
    const answer = await fetch(piece.dataset.live);
    html = answer.ok && !answer.redirected ? await answer.text() : shown;
  } catch {
    // The LMS is not there just now; the next round asks again.
  }
  if (html !== null && html !== shown) {
    show(piece, html);
  }
  setTimeout(() => renew(piece, html), PAUSE_MILLISECONDS);
}

for (const piece of document.querySelectorAll("[data-live]")) {
  renew(piece, null);
}
