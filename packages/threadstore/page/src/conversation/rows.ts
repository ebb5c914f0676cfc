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
  const places = placesOf(rows);
  for (const finding of findings) {
    const row = rowOf(places, finding);
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

/** The rows by what a finding can name. A conversation can have as many findings as rows, so nothing is searched. */
interface Places {
  readonly byPath: ReadonlyMap<string, DraftRow>;
  /** The first row in each value that contains rows, such as a message of several parts. */
  readonly byContainer: ReadonlyMap<string, DraftRow>;
  readonly byIndex: ReadonlyMap<number, DraftRow>;
}

function placesOf(rows: readonly DraftRow[]): Places {
  const byPath = new Map<string, DraftRow>();
  const byContainer = new Map<string, DraftRow>();
  const byIndex = new Map<number, DraftRow>();
  for (const row of rows) {
    const { entry, result } = row;
    addFirst(byIndex, entry.index, row);
    for (const { path } of result === undefined ? [entry] : [entry, result]) {
      addFirst(byPath, path, row);
      for (const container of containersOf(path)) addFirst(byContainer, container, row);
    }
  }
  // Every row is in the thread itself.
  byContainer.delete("$");
  return { byPath, byContainer, byIndex };
}

function addFirst<Key>(map: Map<Key, DraftRow>, key: Key, row: DraftRow): void {
  if (!map.has(key)) map.set(key, row);
}

/** The JSON paths of the values that contain the value with a path, the innermost first. */
function containersOf(path: string): readonly string[] {
  return [...path.matchAll(/[.[]/gu)].map(({ index }) => path.slice(0, index)).toReversed();
}

function rowOf({ byPath, byContainer, byIndex }: Places, { path, index }: Finding): DraftRow | undefined {
  const own = [path, ...containersOf(path)].find((each) => byPath.has(each));
  if (own !== undefined) return byPath.get(own);
  return byContainer.get(path) ?? (index === undefined ? undefined : byIndex.get(index));
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
