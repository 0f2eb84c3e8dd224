// Pasting from a word processor keeps paragraphs, emphasis, lists, links and headings, as Markdown.

import { htmlToMarkdown } from "./html_to_markdown.js";
import { insertText } from "./toolbar.js";

export function takePastes(textarea) {
  textarea.addEventListener("paste", (event) => {
    const html = event.clipboardData?.getData("text/html");
    if (!html || textarea.readOnly) return;
    const text = htmlToMarkdown(html);
    // A picture alone gives no words; then the browser does what it does.
    if (!text) return;
    event.preventDefault();
    insertText(textarea, text);
  });
}
