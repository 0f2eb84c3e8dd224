// Attaches and removes files without leaving the page, so that what is being typed stays where it is.

const section = document.getElementById("attachments");
const status = document.getElementById("attachment-status");
const list = document.getElementById("attachment-list");
const input = document.getElementById("attachment");
let isBusy = false;

function say(text, { isTrouble = false } = {}) {
  status.dataset.state = isTrouble ? "trouble" : "calm";
  status.textContent = text;
}

// Returns what the server said; throws what went wrong, as a sentence.
async function post(form, body) {
  const said = section.dataset;
  const response = await fetch(form.action, {
    method: "POST",
    body,
    headers: { Accept: "application/json" },
    credentials: "same-origin",
  }).catch(() => ({ status: 0 }));
  const answer = response.status ? await response.json().catch(() => ({})) : {};
  if (response.ok && answer.state === "done") {
    const page = new DOMParser().parseFromString(answer.list, "text/html");
    list.replaceChildren(...document.adoptNode(page.body).childNodes);
    return answer.said;
  }
  const byStatus = { 401: said.ended, 413: said.tooLarge };
  throw new Error(answer.said ?? byStatus[response.status] ?? said.failed);
}

async function attach(form) {
  const waiting = [...input.files];
  const attached = [];
  if (!waiting.length) return post(form, new FormData(form));
  try {
    // One after the other: each is a request of its own, and what was taken stays when a later one is refused.
    for (; waiting.length; waiting.shift()) attached.push(await attachOne(form, waiting[0]));
  } catch (error) {
    throw new Error([...attached, error.message].join(" "));
  } finally {
    // Pressing the button again sends only what is not attached yet.
    const left = new DataTransfer();
    for (const file of waiting) left.items.add(file);
    input.files = left.files;
  }
  return attached.join(" ");
}

async function attachOne(form, file) {
  say(`${section.dataset.attaching} ${file.name}`);
  if (file.size > Number(section.dataset.mostBytes)) throw new Error(`${file.name}: ${section.dataset.tooLarge}`);
  const body = new FormData();
  body.set("csrf_token", form.elements.csrf_token.value);
  body.set("file", file);
  return post(form, body);
}

async function remove(form) {
  const said = await post(form, new FormData(form));
  // The button that was pressed is gone.
  document.getElementById("attachments-heading").focus();
  return said;
}

section.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isBusy) return;
  isBusy = true;
  try {
    say(await (event.target.id === "attach" ? attach : remove)(event.target));
  } catch (error) {
    say(error.message, { isTrouble: true });
  } finally {
    isBusy = false;
  }
});
input.multiple = true;
