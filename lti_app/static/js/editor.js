// The editor: counts words, keeps a copy in the browser, saves by itself, and asks where two texts compete.

import { Autosave } from "./autosave.js";
import { KeptCopy } from "./kept_copy.js";
import { sayMoment } from "./moments.js";
import { countWords } from "./words.js";

const form = document.getElementById("editor");
const textarea = document.getElementById("text");
const words = document.getElementById("words");
const saveState = document.getElementById("save-state");
const recovered = document.getElementById("recovered");
const conflict = document.getElementById("conflict");
const copy = new KeptCopy({ entryId: form.dataset.entry, path: form.dataset.entryPath });
const minimum = Number(form.dataset.minimum);
const BETWEEN = "\n\n———\n\n";
let isKept = true;
let isTroubled = false;
let other = null;

// What the server sent is in the markup; a browser that restores a page may show something else.
const autosave = new Autosave({ form, read: () => textarea.value, savedText: textarea.defaultValue, tell });

async function keepCopy(options = {}) {
  const wasKept = isKept;
  isKept = await copy.keep(textarea.value, { saved: autosave.saved(), ...options });
  if (isTroubled && isKept !== wasKept) tell("unsaved");
}

function showWords() {
  const count = countWords(textarea.value);
  const isShort = count < minimum;
  const noun = (isShort ? minimum : count) === 1 ? words.dataset.one : words.dataset.many;
  words.textContent = isShort ? `${count} ${words.dataset.of} ${minimum} ${noun}` : `${count} ${noun}`;
}

function say(text, { isTrouble = false } = {}) {
  saveState.dataset.state = isTrouble ? "trouble" : "calm";
  if (saveState.textContent !== text) saveState.textContent = text;
}

function tell(state, answer) {
  const said = saveState.dataset;
  isTroubled = state === "unsaved";
  if (state === "saved") {
    // Typed on meanwhile: then the copy still holds more than the server.
    if (textarea.value === autosave.savedText) copy.forget();
    else keepCopy();
    say(`${said.saved} ${sayMoment(new Date(answer.saved_at), "time")}`);
  } else if (state === "unsaved") {
    say(isKept ? said.unsaved : said.unkept, { isTrouble: true });
  } else if (state === "ended") {
    say(isKept ? said.ended : said.endedUnkept, { isTrouble: true });
  } else if (state === "refused") {
    say(said.refused, { isTrouble: true });
  } else if (state === "too-large") {
    say(said.tooLarge, { isTrouble: true });
  } else if (state === "conflict") {
    askAboutConflict(answer);
  }
}

function askAboutConflict(answer) {
  other = { text: answer.text, version: answer.version };
  conflict.querySelector(".choices").hidden = answer.is_finished;
  document.getElementById("conflict-finished").hidden = !answer.is_finished;
  document.getElementById("conflict-text").value = answer.text;
  conflict.hidden = false;
  conflict.focus();
}

function settle(text, { version, savedText }) {
  textarea.value = text;
  textarea.readOnly = false;
  showWords();
  autosave.resume({ version, savedText });
  if (text === savedText) copy.forget();
  else keepCopy();
  textarea.focus();
}

// In the order of time: what was there first stands first.
const CHOICES = {
  both: (saved, mine) => (saved.trim() ? saved + BETWEEN + mine : mine),
  mine: (_saved, mine) => mine,
  theirs: (saved) => saved,
  recovered: (_saved, mine) => mine,
  saved: (saved) => saved,
};

conflict.addEventListener("click", (event) => {
  const choose = CHOICES[event.target.dataset.choose];
  if (!choose) return;
  conflict.hidden = true;
  settle(choose(other.text, textarea.value), { version: other.version, savedText: other.text });
});

recovered.addEventListener("click", (event) => {
  const choose = CHOICES[event.target.dataset.choose];
  if (!choose) return;
  recovered.hidden = true;
  const saved = textarea.value;
  settle(choose(saved, document.getElementById("recovered-text").value), {
    version: form.elements.based_on.value,
    savedText: saved,
  });
});

async function offerCopy() {
  const kept = await copy.read({ saved: autosave.saved() });
  if (!kept) return;
  if (kept.text === autosave.savedText || !kept.text.trim()) {
    copy.forget();
    return;
  }
  // Nothing may be typed over the copy before it is decided which text counts.
  autosave.pause();
  textarea.readOnly = true;
  const at = document.getElementById("recovered-at");
  at.dateTime = new Date(kept.at).toISOString();
  at.textContent = sayMoment(new Date(kept.at), "day-time");
  document.getElementById("recovered-text").value = kept.text;
  recovered.hidden = false;
  recovered.focus();
}

textarea.addEventListener("input", () => {
  keepCopy();
  showWords();
  autosave.changed();
});
textarea.addEventListener("blur", () => autosave.now());
window.addEventListener("online", () => autosave.now());
window.addEventListener("pagehide", () => autosave.last());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") autosave.now();
});
form.addEventListener("submit", (event) => {
  if (textarea.readOnly || !conflict.hidden) {
    event.preventDefault();
    (textarea.readOnly ? recovered : conflict).focus();
    return;
  }
  autosave.pause();
  form.elements.sequence.value = Number(form.elements.sequence.value) + 1;
  keepCopy({ isFinishing: true });
});
// Coming back with the browser's Back button shows the page as it was left, version and all.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

showWords();
if (conflict.hidden) {
  offerCopy();
} else {
  // Finishing met another window's text: the server rendered both, and waits for a choice.
  other = { text: document.getElementById("conflict-text").value, version: form.elements.based_on.value };
  autosave.pause();
  keepCopy();
  conflict.focus();
}
document.getElementById("refused")?.focus();
