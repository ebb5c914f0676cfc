import { styleText } from "node:util";

/** Where the command line writes: a standard stream, or what a test puts in its place. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export type Style = "red" | "green" | "yellow" | "bold" | "dim";

export type Paint = (style: Style, text: string) => string;

/** Colours text for a terminal, unless the user wants none (NO_COLOR); leaves it as it is elsewhere. */
export function painterFor({ isTTY = false }: Output): Paint {
  // In the absence of a stream to look at, styleText looks at the environment alone.
  const isPlain = !isTTY || (process.env["NO_COLOR"] ?? "") !== "";
  return isPlain ? (_, text) => text : (style, text) => styleText(style, text, { validateStream: false });
}

/** Columns that line up, two spaces between them. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Writes to the standard output; resolves when the text is out, since the process may end right after. */
export function written(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
