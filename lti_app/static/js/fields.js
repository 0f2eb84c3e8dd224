// All fields of the editor as one flat record of texts, by name, as the server reads them (service/content.py).

const BETWEEN = "\n\n———\n\n";
const oneLine = (text) => text.replace(/\s+/g, " ");
const parted = (text, between) => text.split(between).map((part) => oneLine(part).trim()).filter(Boolean);
const eachOnce = (names) => [...new Map(names.map((name) => [name.toLowerCase(), name]).reverse()).values()].reverse();

// The form in which the server gives a field back: a text that only differs from that is no change.
const PLAIN = {
  title: oneLine,
  topics: (text) => eachOnce(parted(text, ",")).join(", "),
  goals: (text) => eachOnce(parted(text, ",")).join(", "),
  links: (text) => parted(text, "\n").join("\n"),
};

export function fieldsOf(form) {
  return [...form.querySelectorAll("[data-field]")];
}

export function answersOf(form) {
  return [...form.querySelectorAll("textarea[data-answer]")];
}

// What the fields hold now; with `defaultValue`, what the server sent.
export function readFields(form, property = "value") {
  return Object.fromEntries(fieldsOf(form).map((field) => [field.name, plain(field.name, field[property])]));
}

export function writeFields(form, content) {
  for (const field of fieldsOf(form)) {
    // A field that is the same in a plainer form is left alone, and the caret with it.
    if (plain(field.name, field.value) !== content[field.name]) field.value = content[field.name] ?? "";
  }
}

// In the order of the form, so that the same content is the same text.
export function packed(form, content) {
  return JSON.stringify(Object.fromEntries(fieldsOf(form).map(({ name }) => [name, plain(name, content[name] ?? "")])));
}

// Both contents in one, in the order of time: what was saved stands first. Nothing of either is dropped.
export function both(form, saved, mine) {
  const joined = { ...saved };
  for (const field of fieldsOf(form)) {
    const { name } = field;
    const pair = [saved[name] ?? "", mine[name] ?? ""];
    joined[name] = pair[0].trim() && pair[1].trim() && pair[0] !== pair[1] ? join(field, pair) : pair.find((text) => text.trim()) ?? "";
  }
  const title = form.elements.title;
  if (joined.title.length > title.maxLength) {
    const first = answersOf(form)[0].name;
    joined[first] = [saved.title, joined[first]].join("\n\n");
    joined.title = mine.title;
  }
  return joined;
}

function join(field, [saved, mine]) {
  if ("answer" in field.dataset) return saved + BETWEEN + mine;
  if (field.name === "title") return `${saved} / ${mine}`;
  if (field.name === "event_on") return mine;
  const between = field.name === "links" ? "\n" : ",";
  return PLAIN[field.name](eachOnce(parted(saved + between + mine, between)).join(between));
}

function plain(name, text) {
  return (PLAIN[name] ?? String)(text);
}
