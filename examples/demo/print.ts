import { styleText } from "node:util";

/** A line of the demo: what it is, in colour on a terminal that has some, and what it says. */
export function line(label: string, text: string): void {
  console.log(`  ${style("cyan", label.padEnd(9))} ${text}`);
}

export function heading(text: string): void {
  console.log(`\n${style("bold", text)}`);
}

function style(format: "cyan" | "bold", text: string): string {
  return styleText(format, text, { stream: process.stdout });
}
