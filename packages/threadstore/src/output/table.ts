import { visibleLine } from "./visible-text.ts";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** @default "left" */
  readonly align?: "left" | "right";
}

/** Matches characters that take two columns of a terminal. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

const SEGMENTS = new Intl.Segmenter();

/** Returns how many columns of a terminal the text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of SEGMENTS.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** Returns the lines of a table, header first. Cells may contain untrusted text. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(visibleLine))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => widthOf(row[index] ?? ""))));
  return cells.map((row) =>
    columns
      .map(({ align }, index) => {
        const text = row[index] ?? "";
        const padding = " ".repeat((widths[index] ?? 0) - widthOf(text));
        return align === "right" ? padding + text : text + padding;
      })
      .join("  ")
      .trimEnd(),
  );
}
