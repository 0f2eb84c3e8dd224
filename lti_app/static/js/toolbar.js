// The editor's toolbar: puts Markdown's marks into the step that was written in last, and each can be undone.

const LINE_MARKS = /^(?:[-*] |\d+\. |> )/;
const KEYS = { b: "bold", i: "italic", k: "link" };
const PLACEHOLDER = "https://";

// Goes through the browser's own editing, so that Ctrl+Z takes it back and the page hears an input event.
export function insertText(textarea, text) {
  textarea.focus();
  if (document.execCommand(text ? "insertText" : "delete", false, text)) return;
  textarea.setRangeText(text, textarea.selectionStart, textarea.selectionEnd, "end");
  textarea.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

const DEEDS = {
  bold: (textarea) => surround(textarea, "**"),
  italic: (textarea) => surround(textarea, "*"),
  link,
  list: (textarea) => markLines(textarea, () => "- "),
  numbers: (textarea) => markLines(textarea, (place) => `${place + 1}. `),
  quote: (textarea) => markLines(textarea, () => "> "),
};

function replace(textarea, { start, end, text, select }) {
  textarea.setSelectionRange(start, end);
  if (textarea.value.slice(start, end) !== text) insertText(textarea, text);
  textarea.setSelectionRange(...select);
}

function surround(textarea, mark) {
  const { value, selectionStart: start, selectionEnd: end } = textarea;
  const width = mark.length;
  const chosen = value.slice(start, end);
  // What stands outside counts only when it is this mark and no longer one: a star of "**" is not italic.
  const hasMark = (text) => text === mark;
  const before = value.slice(0, start).match(/\**$/)[0];
  const after = value.slice(end).match(/^\**/)[0];
  if (hasMark(before) && hasMark(after)) {
    replace(textarea, { start: start - width, end: end + width, text: chosen, select: [start - width, end - width] });
    return;
  }
  // Marks close to the words: blanks at the ends stay outside.
  const [, lead, words, trail] = chosen.match(/^(\s*)([\s\S]*?)(\s*)$/);
  const from = start + lead.length + width;
  const text = lead + mark + words + mark + trail;
  replace(textarea, { start, end, text, select: [from, from + words.length] });
}

function link(textarea) {
  const { value, selectionStart: start, selectionEnd: end } = textarea;
  const chosen = value.slice(start, end);
  const isAddress = /^https?:\/\/\S+$/.test(chosen);
  const text = isAddress ? `[](${chosen})` : `[${chosen}](${PLACEHOLDER})`;
  // What is to be typed next is selected: the words of an address, or the address of the words.
  const from = isAddress || !chosen ? start + 1 : start + chosen.length + 3;
  const select = isAddress || !chosen ? [from, from] : [from, from + PLACEHOLDER.length];
  replace(textarea, { start, end, text, select });
}

function markLines(textarea, markOf) {
  const { value, selectionStart, selectionEnd } = textarea;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const next = value.indexOf("\n", selectionEnd);
  const end = next < 0 ? value.length : next;
  const lines = value.slice(start, end).split("\n");
  const isMarked = lines.every((line, place) => line.startsWith(markOf(place)));
  const marked = lines.map((line, place) => (isMarked ? "" : markOf(place)) + line.replace(LINE_MARKS, ""));
  const text = marked.join("\n");
  replace(textarea, { start, end, text, select: [start + text.length, start + text.length] });
}

// One stop for the Tab key; arrows go from button to button, and Tab in a text field leaves it, as everywhere.
export function useToolbar(toolbar, textareas) {
  let target = textareas[0];
  const buttons = [...toolbar.querySelectorAll("button")];
  const stopAt = (button) => buttons.forEach((each) => (each.tabIndex = each === button ? 0 : -1));
  for (const textarea of textareas) {
    textarea.addEventListener("focus", () => (target = textarea));
    textarea.addEventListener("keydown", (event) => {
      const deed = KEYS[event.key.toLowerCase()];
      if (!deed || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || textarea.readOnly) return;
      event.preventDefault();
      DEEDS[deed](textarea);
    });
  }
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-mark]");
    if (!button || target.readOnly) return;
    target.focus();
    DEEDS[button.dataset.mark](target);
  });
  toolbar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const ends = { Home: 0, End: buttons.length - 1 };
    const place = step ? buttons.indexOf(document.activeElement) + step : ends[event.key];
    if (place === undefined) return;
    event.preventDefault();
    const button = buttons[(place + buttons.length) % buttons.length];
    stopAt(button);
    button.focus();
  });
  stopAt(buttons[0]);
  toolbar.hidden = false;
}
