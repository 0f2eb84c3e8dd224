// Suggests one's earlier tags for the word after the last comma, not only for the first.

export function suggest(input) {
  const list = input.list;
  const names = [...list.options].map((option) => option.value);
  input.addEventListener("input", () => {
    const before = input.value.slice(0, input.value.lastIndexOf(",") + 1);
    const chosen = new Set(before.split(",").map((name) => name.trim().toLowerCase()));
    const left = names.filter((name) => !chosen.has(name.toLowerCase()));
    list.replaceChildren(...left.map((name) => new Option("", before ? `${before} ${name}` : name)));
  });
}
