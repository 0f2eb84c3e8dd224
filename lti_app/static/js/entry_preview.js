// Shows the entry as its readers will see it; the server renders it, and without this script the button asks it to.

export function usePreview(button, { form, section, focusBack }) {
  const failed = section.dataset.failed;
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    try {
      const response = await fetch(button.formAction, { method: "POST", body: new FormData(form), credentials: "same-origin" });
      const page = new DOMParser().parseFromString(response.ok ? await response.text() : "", "text/html");
      const fresh = page.getElementById("preview");
      if (!fresh) throw new Error("no preview");
      section.replaceChildren(...document.adoptNode(fresh).childNodes);
    } catch {
      section.replaceChildren(Object.assign(document.createElement("p"), { textContent: failed }));
    }
    section.hidden = false;
    section.focus();
  });
  section.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close]")) return;
    section.hidden = true;
    focusBack();
  });
}
