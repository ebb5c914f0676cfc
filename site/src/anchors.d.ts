/** Returns the fragment that GitHub gives a heading. The site gives it the same one, so links work in both places. */
export declare function anchorOf(heading: string): string;
/** Returns the text of Markdown without code blocks, in which `#` is not a heading and `](` is not a link. */
export declare function withoutCode(markdown: string): string;
/** Returns the fragments of all headings of a Markdown file. A repeated heading is numbered. */
export declare function anchorsOf(markdown: string): Set<string>;
//# sourceMappingURL=anchors.d.ts.map
