import { styleText } from "node:util";
import { visibleJson } from "./visible-text.ts";

/** A standard stream, or a substitute in a test. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  /** Calls `written` once the text has been passed on. */
  write(text: string, written: (error?: Error | null) => void): unknown;
}

/** What a command uses of its process. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  /** The working directory. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the user presses Ctrl+C. */
  readonly signal: AbortSignal;
}

export type Style = "red" | "green" | "yellow" | "bold" | "dim" | "cyan";

/** Returns text in this style on a terminal, and unchanged elsewhere and if NO_COLOR is set. */
export type Paint = (style: Style, text: string) => string;

export function painterFor({ isTTY = false }: Output, env: Terminal["env"]): Paint {
  const isPlain = !isTTY || (env["NO_COLOR"] ?? "") !== "";
  // The output need not be a stream, so `styleText` must not inspect one.
  return isPlain ? (_, text) => text : (style, text) => styleText(style, text, { validateStream: false });
}

/** Resolves once the text has been passed on, so that a slow reader slows the command down. */
export function write(output: Output, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Prints lines. They must not contain hidden characters of untrusted text. */
export async function printLines(output: Output, lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await write(output, `${lines.join("\n")}\n`);
}

/** Prints a value as JSON for programs, indented. */
export async function printJson(output: Output, value: unknown): Promise<void> {
  await write(output, `${visibleJson(JSON.stringify(value, undefined, 2))}\n`);
}
