/** Returns the fragment that GitHub gives a heading. The site gives it the same one, so links work in both places. */
export function anchorOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
    .replaceAll(" ", "-");
}
/** Returns the text of Markdown without code blocks, in which `#` is not a heading and `](` is not a link. */
export function withoutCode(markdown) {
  return markdown.replaceAll(/^( *)(`{3,}).*?\n[\s\S]*?^\1\2`*$/gmu, "");
}
/** Returns the fragments of all headings of a Markdown file. A repeated heading is numbered. */
export function anchorsOf(markdown) {
  const anchors = new Set();
  for (const [, heading = ""] of withoutCode(markdown).matchAll(/^#{1,6} (.+)$/gmu)) {
    const anchor = anchorOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/gu, "$1").replaceAll("`", ""));
    let numbered = anchor;
    for (let count = 1; anchors.has(numbered); count += 1) numbered = `${anchor}-${count}`;
    anchors.add(numbered);
  }
  return anchors;
}
//# sourceMappingURL=anchors.js.map
