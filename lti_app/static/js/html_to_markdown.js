// Turns HTML from the clipboard into Markdown. The HTML is parsed where it does nothing, and only its words, and the
// addresses of its links, come out.

const LEFT_OUT = new Set(["SCRIPT", "STYLE", "HEAD", "TITLE", "META", "LINK", "TEMPLATE", "IMG", "SVG", "OBJECT", "IFRAME"]);
const BLOCKS = new Set(
  "P DIV SECTION ARTICLE MAIN HEADER FOOTER UL OL BLOCKQUOTE TABLE TR PRE H1 H2 H3 H4 H5 H6 HR DL DT DD FIGURE".split(" "),
);
const LINE_START = /^(#{1,6}(?= )|>|[-+](?= )|\d+(?=[.)] ))/;

export function htmlToMarkdown(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  return blocksOf(body).join("\n\n").replace(/\n{3,}/g, "\n\n").trim();
}

// The blocks within an element, as texts; a run of words between blocks is one, too.
function blocksOf(element) {
  const blocks = [];
  let words = "";
  const end = () => {
    const text = tidy(words);
    if (text) blocks.push(text.replace(LINE_START, escapeStart));
    words = "";
  };
  let points = [];
  const endList = () => {
    if (points.length) blocks.push(points.join("\n"));
    points = [];
  };
  for (const node of element.childNodes) {
    const point = pointOfWord(node);
    if (!point && node.textContent.trim()) endList();
    if (point) {
      end();
      points.push(point);
    } else if (isBlock(node)) {
      end();
      blocks.push(...blockOf(node));
    } else {
      words += inline(node);
    }
  }
  end();
  endList();
  return blocks;
}

function isBlock(node) {
  if (node.nodeType !== Node.ELEMENT_NODE || LEFT_OUT.has(node.tagName)) return false;
  // Google Docs wraps all paragraphs into one <b>.
  return BLOCKS.has(node.tagName) || [...node.children].some(isBlock);
}

function blockOf(element) {
  const name = element.tagName;
  if (/^H[1-6]$/.test(name)) {
    const words = tidy(inlineOf(element, { isBold: true })).replaceAll("\n", " ");
    return words ? [`${"#".repeat(Number(name[1]))} ${words}`] : [];
  }
  if (name === "UL" || name === "OL") return listOf(element);
  if (name === "BLOCKQUOTE") return [quote(blocksOf(element).join("\n\n"))].filter((text) => text.trim() !== ">");
  if (name === "PRE") return [`\`\`\`\n${element.textContent.replace(/\n$/, "")}\n\`\`\``];
  if (name === "HR") return ["---"];
  if (name === "TR") return [rowOf(element)].filter(Boolean);
  if (name === "TABLE") return [[...element.rows].map(rowOf).filter(Boolean).join("  \n")].filter(Boolean);
  return blocksOf(element);
}

const quote = (text) => text.split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");

function rowOf(row) {
  const cells = [...row.cells].map((cell) => tidy(blocksOf(cell).join(" ")).replaceAll("\n", " "));
  return cells.some(Boolean) ? cells.join(" | ") : "";
}

function listOf(list) {
  const lines = [];
  let number = Number(list.getAttribute("start")) || 1;
  for (const point of list.children) {
    // A list within a list may be the point's child (correct) or the list's (Word, Google Docs).
    const isPoint = point.tagName === "LI";
    const mark = list.tagName === "OL" ? `${number}. ` : "- ";
    const text = isPoint ? blocksOf(point).join("\n") : listOf(point).join("\n");
    if (!text) continue;
    if (isPoint) number += 1;
    lines.push(isPoint ? mark + indent(text, mark.length) : " ".repeat(mark.length) + indent(text, mark.length));
  }
  return lines.length ? [lines.join("\n")] : [];
}

const indent = (text, width) => text.replaceAll("\n", `\n${" ".repeat(width)}`);

// Word writes lists as paragraphs that carry their bullet or number along, marked "Ignore".
function pointOfWord(node) {
  const style = node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("style") ?? "" : "";
  const level = /mso-list:[^;]*\blevel(\d)/.exec(style);
  if (!level || node.tagName === "LI") return null;
  const bullets = [...node.querySelectorAll("[style]")].filter((each) => /mso-list:\s*Ignore/i.test(each.getAttribute("style")));
  const number = /^\s*(\d+)[.)]/.exec(bullets[0]?.textContent ?? "");
  bullets.forEach((bullet) => bullet.remove());
  const words = tidy(inlineOf(node)).replaceAll("\n", " ");
  if (!words) return null;
  return `${"   ".repeat(Number(level[1]) - 1)}${number ? `${number[1]}.` : "-"} ${words}`;
}

function inlineOf(element, around = {}) {
  return [...element.childNodes].map((node) => inline(node, around)).join("");
}

function inline(node, around = {}) {
  if (node.nodeType === Node.TEXT_NODE) return escape(node.data.replace(/[\s\u00a0]+/g, " "));
  if (node.nodeType !== Node.ELEMENT_NODE || LEFT_OUT.has(node.tagName)) return "";
  if (node.tagName === "BR") return "\n";
  const isBold = hasStyle(node, { tags: ["B", "STRONG"], property: "fontWeight", on: /^(bold|bolder|[6-9]00)$/ });
  const isItalic = hasStyle(node, { tags: ["I", "EM", "CITE"], property: "fontStyle", on: /^(italic|oblique)/ });
  const within = { isBold: around.isBold || isBold, isItalic: around.isItalic || isItalic };
  let text = inlineOf(node, within);
  if (isItalic && !around.isItalic) text = mark(text, "*");
  if (isBold && !around.isBold) text = mark(text, "**");
  return node.tagName === "A" ? link(node, text) : text;
}

function hasStyle(element, { tags, property, on }) {
  const styled = element.style?.[property];
  return styled ? on.test(styled) : tags.includes(element.tagName);
}

// Marks stand close to the words, else Markdown does not read them; a line break ends them.
function mark(text, sign) {
  return text
    .split("\n")
    .map((line) => line.replace(/^(\s*)([\s\S]*?)(\s*)$/, (_, lead, words, trail) => (words ? lead + sign + words + sign + trail : line)))
    .join("\n");
}

function link(anchor, text) {
  const words = text.trim();
  const address = /^(https?:|mailto:)/i.test(anchor.getAttribute("href") ?? "") ? anchor.href : "";
  if (!address || !words) return text;
  return `[${words}](${address.replace(/[()\s]/g, encodeURIComponent).replaceAll("(", "%28").replaceAll(")", "%29")})`;
}

// Only what Markdown would read as a mark.
function escape(text) {
  return text
    .replace(/[\\*`]/g, "\\$&")
    .replace(/(^|\W)_(?=\S)|_(?=\W|$)/g, (match) => match.replace("_", "\\_"))
    .replace(/\[(?=[^\]]*\]\()/g, "\\[");
}

const escapeStart = (start) => (/^\d/.test(start) ? `${start}\\` : `\\${start}`);

function tidy(words) {
  return words
    .split("\n")
    .map((line) => line.replace(/ {2,}/g, " ").trim())
    .join("\n")
    .trim();
}
