import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { readLines } from "../../transfer/read-lines.ts";
import type { Problem } from "../transfer-format.ts";
import { parseJson } from "./parse-json.ts";

/** Longer lines are not read into memory. */
export const MAX_LINE_BYTES: number = 64 * 1024 * 1024;

/** An object of a file of JSON Lines. */
export interface JsonLine {
  readonly line: number;
  readonly value: JsonObject;
  readonly text: string;
  /** The length of the line. */
  readonly bytes: number;
}

/** Yields the objects of a file of JSON Lines. Reports and skips lines that do not contain an object. */
export async function* jsonLines(
  path: string,
  { place, report }: { readonly place: string; readonly report: (problem: Problem) => void },
): AsyncGenerator<JsonLine> {
  for await (const { number, bytes, isTooLong } of readLines(path, MAX_LINE_BYTES)) {
    const parsed = isTooLong ? `It is longer than ${MAX_LINE_BYTES} bytes.` : parseLine(bytes);
    if (parsed === undefined) continue;
    if (typeof parsed === "string") report({ place, line: number, path: "$", message: parsed });
    else yield { line: number, ...parsed, bytes: bytes.length };
  }
}

/** Returns the object of a line, the reason if there is none, and `undefined` for an empty line. */
function parseLine(bytes: Uint8Array): Pick<JsonLine, "value" | "text"> | string | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return "It is not UTF-8.";
  }
  if (text.trim() === "") return undefined;
  const parsed = parseJson(text);
  if ("problem" in parsed) return parsed.problem;
  return isJsonObject(parsed.value) ? { value: parsed.value, text } : "It is not a JSON object.";
}
