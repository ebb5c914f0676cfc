import { styleText } from "node:util";

/** The output of the command line: a standard stream, or a substitute in a test. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export type Style = "red" | "green" | "yellow" | "bold" | "dim";

export type Paint = (style: Style, text: string) => string;

/** Returns a function that colours text on a terminal. It returns text unchanged elsewhere and if NO_COLOR is set. */
export function painterFor({ isTTY = false }: Output): Paint {
  const isPlain = !isTTY || (process.env["NO_COLOR"] ?? "") !== "";
  // The output need not be a stream, so `styleText` must not inspect one.
  return isPlain ? (_, text) => text : (style, text) => styleText(style, text, { validateStream: false });
}

/** Returns one line for each row, with columns aligned and separated by two spaces. */
export function alignedColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Writes to standard output. Resolves once the text is flushed, so that the process can exit. */
export function writeOutput(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
