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
const copy = new KeptCopy({
  entryId: form.dataset.entry,
  path: form.dataset.entryPath,
  editorId: form.elements.editor_id.value,
});
const LEAVING_TAKES = 20000;
const minimum = Number(form.dataset.minimum);
const BETWEEN = "\n\n———\n\n";
let isKept = true;
let isLeaving = false;
let trouble = null;
let other = null;
let offered = null;

// What the server sent is in the markup; a browser that restores a page may show something else.
const autosave = new Autosave({ form, read: () => textarea.value, savedText: textarea.defaultValue, tell });

async function keepCopy(options = {}) {
  const wasKept = isKept;
  isKept = await copy.keep(textarea.value, { saved: autosave.saved(), ...options });
  if (trouble && isKept !== wasKept) say(sentenceOf(trouble), { isTrouble: true });
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

// What is not saved: the sentence says, too, whether the browser has a copy.
function sentenceOf(state) {
  const said = saveState.dataset;
  const sentences = {
    unsaved: [said.unsaved, said.unkept],
    ended: [said.ended, said.endedUnkept],
    refused: [said.refused, said.refusedUnkept],
    "too-large": [said.tooLarge, said.tooLargeUnkept],
  };
  return sentences[state][isKept ? 0 : 1];
}

function tell(state, answer) {
  if (isLeaving) return;
  if (state === "saving") return;
  if (state === "conflict") {
    askAboutConflict(answer);
  } else if (state !== "saved") {
    trouble = state;
    say(sentenceOf(state), { isTrouble: true });
  } else if (textarea.value === autosave.savedText) {
    trouble = null;
    copy.forget();
    say(`${saveState.dataset.saved} ${sayMoment(new Date(answer.saved_at), "time")}`);
  } else {
    // Typed on meanwhile: then the copy still holds more than the server, and the next save is on its way.
    trouble = null;
    keepCopy();
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
  const saved = autosave.saved();
  settle(choose(saved.text, offered.text), { version: saved.version, savedText: saved.text });
  copy.forget(offered.editorId);
});

async function offerCopy() {
  offered = await copy.read({ saved: autosave.saved() });
  if (!offered) return;
  // Nothing may be typed before it is decided which text counts.
  autosave.pause();
  textarea.readOnly = true;
  const at = document.getElementById("recovered-at");
  at.dateTime = new Date(offered.at).toISOString();
  at.textContent = sayMoment(new Date(offered.at), "day-time");
  document.getElementById("recovered-text").value = offered.text;
  // A fragment stands for what was new, not for the whole entry: it cannot replace it.
  recovered.querySelector("[data-choose=recovered]").hidden = Boolean(offered.isFragment);
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
  if (!recovered.hidden || !conflict.hidden) {
    event.preventDefault();
    (recovered.hidden ? conflict : recovered).focus();
    return;
  }
  autosave.pause();
  form.elements.sequence.value = Number(form.elements.sequence.value) + 1;
  keepCopy({ isFinishing: true });
  // What is typed from here on would go nowhere.
  isLeaving = true;
  textarea.readOnly = true;
  setTimeout(stay, LEAVING_TAKES);
});

// The page is still here: the request was stopped, or the server does not answer.
function stay() {
  isLeaving = false;
  textarea.readOnly = false;
  const saved = autosave.saved();
  autosave.resume({ version: saved.version, savedText: saved.text });
}
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
  autosave.savedText = other.text;
  keepCopy();
  conflict.focus();
}
document.getElementById("refused")?.focus();
