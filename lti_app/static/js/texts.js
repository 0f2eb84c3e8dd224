// Shows two versions of the editor's fields beside each other, only those that differ.

import { fieldsOf } from "./fields.js";

// `list` is the element to fill; it carries the two labels, and each text gets an id that begins with `prefix`.
export function showTexts(list, { form, saved, mine, prefix }) {
  const pattern = document.getElementById("two-texts");
  const differing = fieldsOf(form).filter(({ name }) => name in mine && (saved[name] ?? "") !== mine[name]);
  list.replaceChildren(
    ...differing.map((field) => {
      const shown = pattern.content.cloneNode(true);
      shown.querySelector("h3").textContent = field.dataset.label;
      const labels = [list.dataset.saved, list.dataset.mine];
      shown.querySelectorAll("textarea").forEach((textarea, place) => {
        textarea.id = `${prefix}-${place ? "mine" : "saved"}-${field.name}`;
        textarea.value = (place ? mine : saved)[field.name] ?? "";
        const label = textarea.parentElement.querySelector("label");
        label.htmlFor = textarea.id;
        label.textContent = labels[place];
      });
      return shown;
    }),
  );
}
