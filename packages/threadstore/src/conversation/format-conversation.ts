import type { Paint } from "../output/terminal.ts";
import { visibleLine, visibleText } from "../output/visible-text.ts";
import type { Entry } from "./entry.ts";

type Call = Extract<Entry, { kind: "call" }>;
type Result = Extract<Entry, { kind: "result" }>;

/** Returns the lines of a conversation, with the result of each call after the call. */
export function conversationLines(entries: readonly Entry[], paint: Paint): string[] {
  const results = resultsOf(entries);
  const shown = new Set<Entry>();
  let speaker: string | undefined;
  const headingOf = (name: string): string[] => {
    const heading = name === speaker ? [] : ["", paint("bold", visibleLine(name))];
    speaker = name;
    return heading;
  };
  return entries.flatMap((entry) => {
    if (shown.has(entry)) return [];
    if (entry.kind === "result") return resultLines(entry, paint, " without a call");
    if (entry.kind === "call") {
      const result = results.get(entry)?.find((each) => !shown.has(each));
      if (result !== undefined) shown.add(result);
      const call = `${visibleLine(entry.name)}(${visibleLine(entry.input)})`;
      const answer = result === undefined ? [paint("yellow", "    no result")] : resultLines(result, paint);
      return [...headingOf(entry.role), `  ${paint("cyan", "→")} ${call}`, ...answer];
    }
    // The text of a result has a note for each image in it.
    if (isPartOfResult(entry)) return [];
    const heading = headingOf(entry.kind === "reasoning" ? "reasoning" : entry.role);
    return [...heading, ...indented(noteOf(entry), "  ")];
  });
}

/** Returns the results that follow each call and have its id, up to the next call with the same id. */
function resultsOf(entries: readonly Entry[]): Map<Entry, Result[]> {
  const latest = new Map<string, Result[]>();
  const results = new Map<Entry, Result[]>();
  for (const entry of entries) {
    if (entry.kind === "call") {
      const own: Result[] = [];
      results.set(entry, own);
      latest.set(entry.id, own);
    }
    if (entry.kind === "result") latest.get(entry.id)?.push(entry);
  }
  return results;
}

function isPartOfResult(entry: Entry): boolean {
  return (entry.kind === "image" || entry.kind === "file") && entry.id !== undefined;
}

/** Returns the text of an entry, or a note about other contents. */
function noteOf(entry: Exclude<Entry, Call | Result>): string {
  if (entry.kind === "text" || entry.kind === "reasoning") return entry.text;
  if (entry.kind === "other") return `[${entry.type}]`;
  const url = entry.kind === "file" ? entry.url : "url" in entry.source ? entry.source.url : undefined;
  const details = [entry.kind === "file" ? entry.name : undefined, entry.mediaType, url];
  return `[${[entry.kind, ...details].filter((detail) => detail !== undefined).join(" ")}]`;
}

function resultLines({ output }: Result, paint: Paint, note = ""): string[] {
  const [first = "", ...others] = visibleText(output).split("\n");
  return [`    ${paint("green", "←")}${note} ${first}`, ...others.map((line) => `      ${line}`)];
}

function indented(text: string, margin: string): string[] {
  return visibleText(text)
    .split("\n")
    .map((line) => (line === "" ? "" : margin + line));
}
