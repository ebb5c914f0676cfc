import DOMPurify from "./libraries/dompurify.js";
import { marked } from "./libraries/marked.js";

// A picture would tell its server who reads the conversation, and a form could ask for a password.
const FORBID_TAGS = [
  "img",
  "picture",
  "svg",
  "video",
  "audio",
  "style",
  "form",
  "input",
  "button",
  "textarea",
  "select",
];

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

/** Turns Markdown into a fragment of the document in which nothing can run. */
export function markdown(text) {
  const html = marked.parse(text, { gfm: true, breaks: true });
  return DOMPurify.sanitize(html, { RETURN_DOM_FRAGMENT: true, FORBID_TAGS, FORBID_ATTR: ["style"] });
}
