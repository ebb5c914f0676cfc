/** Formats a table of Markdown. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = `|${"---|".repeat(header.length)}`;
  const [first, ...others] = [header, ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return [first, rule, ...others].join("\n");
}
