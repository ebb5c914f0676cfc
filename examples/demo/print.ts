import { styleText } from "node:util";

/** Prints a label and a text, with colours if the terminal supports them. */
export function line(label: string, text: string): void {
  console.log(`  ${style("cyan", label.padEnd(9))} ${text}`);
}

export function heading(text: string): void {
  console.log(`\n${style("bold", text)}`);
}

function style(format: "cyan" | "bold", text: string): string {
  return styleText(format, text, { stream: process.stdout });
}
