/** A command and what it printed on a terminal, with the escape sequences of its styles. */
export interface ShownCommand {
  readonly command: string;
  readonly output: string;
}

/** The sizes of the picture, in pixels. */
const FONT_SIZE = 14;
const COLUMN = 8.4;
const LINE = 20;
const MARGIN = 20;
/** Longer lines continue on the next one, as on a terminal. */
const MAX_COLUMNS = 92;

/** The classes by the codes of styles: https://en.wikipedia.org/wiki/ANSI_escape_code#Select_Graphic_Rendition_parameters */
const CLASSES: Readonly<Record<string, string>> = {
  1: "bold",
  2: "dim",
  31: "red",
  32: "green",
  33: "yellow",
  36: "cyan",
};

/** Each color has a contrast of at least 4.5 with its background. */
const STYLE = `
text { font: ${FONT_SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; white-space: pre }
.window { fill: #fff; stroke: #d0d7de } .bold { font-weight: 600 } .dim { fill: #59636e } .cyan { fill: #0550ae }
.green { fill: #1a7f37 } .yellow { fill: #7d4e00 } .red { fill: #b3202b }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .window { fill: #0d1117; stroke: #3d444d } .dim { fill: #9198a1 } .cyan { fill: #56d4dd }
.green { fill: #56d364 } .yellow { fill: #e3b341 } .red { fill: #ff7b72 }
}`;

/** The beginning of an escape sequence. */
const ESCAPE = "\u001B[";

/** A text of a line, with the style in which it was printed. */
interface Run {
  readonly column: number;
  readonly text: string;
  readonly style: string | undefined;
}

/** Returns the picture of a terminal as SVG, with text that can be selected and searched. */
export function terminalPicture(title: string, commands: readonly ShownCommand[]): string {
  const lines = commands.flatMap(({ command, output }, index) => [
    ...(index > 0 ? [""] : []),
    `\u001B[2m$\u001B[22m \u001B[1m${command}\u001B[22m`,
    ...output.trimEnd().split("\n"),
  ]);
  const runs = lines.flatMap((line) => wrapped(runsOf(line)));
  const columns = Math.max(...runs.flat().map(({ column, text }) => column + text.length));
  const width = Math.ceil(columns * COLUMN) + 2 * MARGIN;
  const height = runs.length * LINE + 2 * MARGIN;
  const texts = runs.flatMap((line, row) => line.map((run) => textElement(run, row)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<title>${escaped(title)}</title>
<style>${STYLE}
</style>
<rect class="window" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${texts.join("\n")}
</svg>
`;
}

/** The length is set, so that columns are aligned in every font. */
function textElement({ column, text, style }: Run, row: number): string {
  const x = rounded(MARGIN + column * COLUMN);
  const y = MARGIN + row * LINE + FONT_SIZE;
  const styled = style === undefined ? "" : ` class="${style}"`;
  return `<text x="${x}" y="${y}" textLength="${rounded(text.length * COLUMN)}"${styled}>${escaped(text)}</text>`;
}

/** Splits a line where its style changes, and leaves out the space around texts. */
function runsOf(line: string): Run[] {
  const runs: Run[] = [];
  let column = 0;
  const [unstyled = "", ...styled] = line.split(ESCAPE);
  for (const [code, part] of [["", unstyled] as const, ...styled.map(splitCode)]) {
    const style = CLASSES[code];
    const text = part.trim();
    const indent = part.length - part.trimStart().length;
    if (text !== "") runs.push({ column: column + indent, text, style });
    column += part.length;
  }
  return runs;
}

/** Splits the code of a style from the text after it. */
function splitCode(styled: string): readonly [code: string, text: string] {
  const end = styled.indexOf("m");
  return [styled.slice(0, end), styled.slice(end + 1)];
}

/** Breaks a line at the last space before the edge. Only its last run can be too long. */
function wrapped(line: readonly Run[]): (readonly Run[])[] {
  const last = line.at(-1);
  if (last === undefined || last.column + last.text.length <= MAX_COLUMNS) return [line];
  const end = last.text.lastIndexOf(" ", MAX_COLUMNS - last.column);
  const [first, rest] = [last.text.slice(0, end), last.text.slice(end + 1)];
  return [[...line.slice(0, -1), { ...last, text: first }], ...wrapped([{ ...last, column: 0, text: rest }])];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function rounded(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
