import type { Paint } from "../output/terminal.ts";
import { visibleLine, visibleText } from "../output/visible-text.ts";
import type { Entry } from "./entry.ts";

type Result = Extract<Entry, { kind: "result" }>;

/** Returns the lines of a conversation, with the result of each call after the call. */
export function conversationLines(entries: readonly Entry[], paint: Paint): string[] {
  const results = resultsOf(entries);
  const shown = new Set<Entry>();
  let speaker: string | undefined;
  return entries.flatMap((entry) => {
    if (shown.has(entry)) return [];
    if (entry.kind === "result") return resultLines(entry, paint, " without a call");
    if (entry.kind === "call") {
      const result = results.get(entry)?.find((each) => !shown.has(each));
      if (result !== undefined) shown.add(result);
      const call = `${visibleLine(entry.name)}(${visibleLine(entry.input)})`;
      const answer = result === undefined ? [paint("yellow", "    no result")] : resultLines(result, paint);
      return [`  ${paint("cyan", "→")} ${call}`, ...answer];
    }
    const heading = entry.role === speaker ? [] : ["", paint("bold", visibleLine(entry.role))];
    speaker = entry.role;
    return [...heading, ...indented(entry.text, "  ")];
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

function resultLines({ output }: Result, paint: Paint, note = ""): string[] {
  const [first = "", ...others] = visibleText(output).split("\n");
  return [`    ${paint("green", "←")}${note} ${first}`, ...others.map((line) => `      ${line}`)];
}

function indented(text: string, margin: string): string[] {
  return visibleText(text)
    .split("\n")
    .map((line) => (line === "" ? "" : margin + line));
}
