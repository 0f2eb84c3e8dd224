// The editor: counts words, keeps a copy in the browser, saves by itself, and asks where two texts compete.

import { Autosave } from "./autosave.js";
import { usePreview } from "./entry_preview.js";
import { answersOf, both, fieldsOf, packed, readFields, writeFields } from "./fields.js";
import { KeptCopy } from "./kept_copy.js";
import { sayMoment } from "./moments.js";
import { takePastes } from "./paste.js";
import { suggest } from "./suggestions.js";
import { showTexts } from "./texts.js";
import { useToolbar } from "./toolbar.js";
import { countWords } from "./words.js";

const form = document.getElementById("editor");
const answers = answersOf(form);
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
const read = () => JSON.stringify(readFields(form));
let lastWritten = answers[0];
let isKept = true;
let isLeaving = false;
let trouble = null;
let other = null;
let offered = null;

// What the server sent is in the markup; a browser that restores a page may show something else.
const autosave = new Autosave({ form, read, savedText: JSON.stringify(readFields(form, "defaultValue")), tell });

// What the server has, as far as this page knows.
function saved() {
  const { text, version } = autosave.saved();
  return { content: JSON.parse(text), version };
}

async function keepCopy(options = {}) {
  const wasKept = isKept;
  isKept = await copy.keep(readFields(form), { saved: saved(), ...options });
  if (trouble && isKept !== wasKept) say(sentenceOf(trouble), { isTrouble: true });
}

function showWords() {
  const count = countWords(answers.map((answer) => answer.value).join("\n\n"));
  const isShort = count < minimum;
  const noun = (isShort ? minimum : count) === 1 ? words.dataset.one : words.dataset.many;
  words.textContent = isShort ? `${count} ${words.dataset.of} ${minimum} ${noun}` : `${count} ${noun}`;
}

function setReadOnly(isReadOnly) {
  for (const field of fieldsOf(form)) field.readOnly = isReadOnly;
}

// Where the style sheet's way of growing is unknown.
function grow(textarea) {
  if (CSS.supports("field-sizing", "content")) return;
  textarea.style.height = "auto";
  textarea.style.height = `${textarea.scrollHeight + 2}px`;
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
  } else if (read() === autosave.savedText) {
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
  other = { content: JSON.parse(packed(form, answer.fields)), version: answer.version };
  conflict.querySelector(".choices").hidden = answer.is_finished;
  document.getElementById("conflict-finished").hidden = !answer.is_finished;
  showConflict();
  conflict.hidden = false;
  conflict.focus();
}

function showConflict() {
  const list = document.getElementById("conflict-texts");
  showTexts(list, { form, saved: other.content, mine: readFields(form), prefix: "conflict" });
}

function settle(content, { version, savedContent }) {
  writeFields(form, content);
  setReadOnly(false);
  answers.forEach(grow);
  openMore();
  showWords();
  const savedText = packed(form, savedContent);
  autosave.resume({ version, savedText });
  if (read() === savedText) copy.forget();
  else keepCopy();
  lastWritten.focus();
}

// A text that came into a folded field is shown.
function openMore() {
  const more = document.getElementById("more");
  if ([...more.querySelectorAll("[data-field]")].some((field) => field.value)) more.open = true;
}

const CHOICES = {
  both: (saved, mine) => both(form, saved, mine),
  mine: (_saved, mine) => mine,
  theirs: (saved) => saved,
  recovered: (_saved, mine) => mine,
  saved: (saved) => saved,
};

conflict.addEventListener("click", (event) => {
  const choose = CHOICES[event.target.dataset.choose];
  if (!choose) return;
  conflict.hidden = true;
  settle(choose(other.content, readFields(form)), { version: other.version, savedContent: other.content });
});

recovered.addEventListener("click", (event) => {
  const choose = CHOICES[event.target.dataset.choose];
  if (!choose) return;
  recovered.hidden = true;
  const { content, version } = saved();
  settle(choose(content, offered.content), { version, savedContent: content });
  copy.forget(offered.editorId);
});

async function offerCopy() {
  offered = await copy.read({ saved: saved() });
  if (!offered) return;
  // Nothing may be typed before it is decided which text counts.
  autosave.pause();
  setReadOnly(true);
  const at = document.getElementById("recovered-at");
  at.dateTime = new Date(offered.at).toISOString();
  at.textContent = sayMoment(new Date(offered.at), "day-time");
  const list = document.getElementById("recovered-texts");
  showTexts(list, { form, saved: saved().content, mine: offered.content, prefix: "recovered" });
  // A fragment stands for what was new, not for the whole entry: it cannot replace it.
  recovered.querySelector("[data-choose=recovered]").hidden = Boolean(offered.isFragment);
  recovered.hidden = false;
  recovered.focus();
}

form.addEventListener("input", (event) => {
  if (!("field" in event.target.dataset)) return;
  grow(event.target);
  keepCopy();
  showWords();
  if (!conflict.hidden) showConflict();
  autosave.changed();
});
// Enter in a line of its own would press the form's first button.
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input[data-field]")) event.preventDefault();
});
form.addEventListener("focusin", (event) => {
  if (answers.includes(event.target)) lastWritten = event.target;
});
form.addEventListener("focusout", (event) => {
  if ("field" in event.target.dataset) autosave.now();
});
window.addEventListener("online", () => autosave.now());
window.addEventListener("pagehide", () => autosave.last());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") autosave.now();
});
form.addEventListener("submit", (event) => {
  // A second click on Finish.
  if (isLeaving) {
    event.preventDefault();
    return;
  }
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
  setReadOnly(true);
  setTimeout(stay, LEAVING_TAKES);
});

// The page is still here: the request was stopped, or the server does not answer.
function stay() {
  isLeaving = false;
  setReadOnly(false);
  const { text, version } = autosave.saved();
  autosave.resume({ version, savedText: text });
}
// Coming back with the browser's Back button shows the page as it was left, version and all.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

useToolbar(document.getElementById("toolbar"), answers);
answers.forEach(takePastes);
answers.forEach(grow);
form.querySelectorAll("input[list]").forEach(suggest);
usePreview(document.getElementById("show-preview"), {
  form,
  section: document.getElementById("preview"),
  focusBack: () => lastWritten.focus(),
});
showWords();
if (conflict.hidden) {
  offerCopy();
} else {
  // Finishing met another window's text: the server rendered both, and waits for a choice.
  other = { content: JSON.parse(packed(form, JSON.parse(conflict.dataset.fields))), version: form.elements.based_on.value };
  autosave.pause();
  autosave.savedText = packed(form, other.content);
  keepCopy();
  showConflict();
  conflict.focus();
}
document.getElementById("refused")?.focus();
