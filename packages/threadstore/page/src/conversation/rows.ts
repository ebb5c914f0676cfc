import type { CallEntry, Conversation, Entry, Finding, ResultEntry } from "../api/types.ts";

/** A row of the conversation: a part of a message, or a call together with its result. */
export interface Row {
  readonly entry: Entry;
  readonly result: ResultEntry | undefined;
  /** Whether the row is the first one of its message, and shows the role. */
  readonly isFirst: boolean;
  readonly findings: readonly Finding[];
}

export interface Rows {
  readonly rows: readonly Row[];
  /** Findings that belong to no row. */
  readonly unplaced: readonly Finding[];
  /** The indexes of the rows with findings. */
  readonly flagged: readonly number[];
}

interface DraftRow {
  entry: Entry;
  result: ResultEntry | undefined;
  isFirst: boolean;
  findings: Finding[];
}

/** Arranges the parts of a conversation in rows, with each result in the row of its call. */
export function arrangeRows({ entries, findings }: Conversation): Rows {
  const rows = pairResults(entries);
  const unplaced: Finding[] = [];
  for (const finding of findings) {
    const row = rowOf(rows, finding);
    if (row === undefined) unplaced.push(finding);
    else row.findings.push(finding);
  }
  const flagged = [...rows.keys()].filter((index) => (rows[index]?.findings.length ?? 0) > 0);
  return { rows, unplaced, flagged };
}

function pairResults(entries: readonly Entry[]): DraftRow[] {
  const rows: DraftRow[] = [];
  const unanswered = new Map<string, DraftRow[]>();
  for (const entry of entries) {
    if (entry.kind === "result") {
      const call = unanswered.get(entry.id)?.shift();
      if (call !== undefined) {
        call.result = entry;
        continue;
      }
    }
    const previous = rows.at(-1)?.entry;
    const isFirst = previous?.index !== entry.index || previous.role !== entry.role;
    const row: DraftRow = { entry, result: undefined, isFirst, findings: [] };
    rows.push(row);
    if (entry.kind === "call") remember(unanswered, entry, row);
  }
  return rows;
}

function remember(unanswered: Map<string, DraftRow[]>, { id }: CallEntry, row: DraftRow): void {
  const waiting = unanswered.get(id);
  if (waiting === undefined) unanswered.set(id, [row]);
  else waiting.push(row);
}

/** Whether a JSON path is that of a value inside of another one, or the same. */
function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
}

function rowOf(rows: readonly DraftRow[], { path, index }: Finding): DraftRow | undefined {
  const paths = ({ entry, result }: DraftRow) =>
    result === undefined ? [entry.path] : [entry.path, result.path];
  return (
    rows.find((row) => paths(row).includes(path)) ??
    rows.findLast((row) => paths(row).some((own) => isWithin(path, own))) ??
    rows.find((row) => paths(row).some((own) => own !== "$" && path !== "$" && isWithin(own, path))) ??
    (index === undefined ? undefined : rows.find(({ entry }) => entry.index === index))
  );
}

const CHARACTERS_PER_LINE = 84;
const LINE_HEIGHT = 25;
const HEADING_HEIGHT = 44;
const CARD_HEIGHT = 170;
const IMAGE_HEIGHT = 280;
const MARGIN = 14;

/** The height of a row before it is measured. A close guess keeps the scroll bar steady. */
export function estimateHeight({ entry, isFirst, findings }: Row): number {
  const heading = (isFirst ? HEADING_HEIGHT : MARGIN) + findings.length * HEADING_HEIGHT;
  if (entry.kind === "text") return heading + textLines(entry.text) * LINE_HEIGHT;
  if (entry.kind === "image") return heading + IMAGE_HEIGHT;
  if (entry.kind === "call" || entry.kind === "result") return heading + CARD_HEIGHT;
  return heading + LINE_HEIGHT * 2;
}

const SHOWN_CHARACTERS = 6000;

function textLines(text: string): number {
  const shown = text.slice(0, SHOWN_CHARACTERS);
  return shown
    .split("\n")
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / CHARACTERS_PER_LINE)), 0);
}
