import { stat } from "node:fs/promises";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { jsonLines, MAX_LINE_BYTES } from "../files/json-lines.ts";
import { readJson } from "../files/read-json.ts";
import type { Problem, TransferContext } from "../transfer-format.ts";

/** Returns the problem with an item. */
export type CheckItem = (item: JsonObject) => Pick<Problem, "path" | "message"> | undefined;

interface ItemReader extends Pick<TransferContext, "report"> {
  readonly check: CheckItem;
}

/**
 * Reads the items of a file of JSON Lines, or of a file with a JSON array. Reports the items that are invalid, and leaves
 * them out. Resolves with `undefined` if the file cannot be read at all, which is reported, too.
 */
export async function readItems(
  path: string,
  extension: string,
  reader: ItemReader,
): Promise<JsonObject[] | undefined> {
  const tooLong = { place: path, message: `The session is longer than ${MAX_LINE_BYTES} bytes.` };
  if ((await stat(path)).size > MAX_LINE_BYTES) {
    reader.report(tooLong);
    return undefined;
  }
  return extension === ".json" ? readArray(path, reader) : readLineItems(path, reader);
}

async function readLineItems(path: string, { report, check }: ItemReader): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  for await (const { line, value } of jsonLines(path, { place: path, report })) {
    const problem = check(value);
    if (problem === undefined) items.push(value);
    else report({ place: path, line, ...problem });
  }
  return items;
}

async function readArray(path: string, { report, check }: ItemReader): Promise<JsonObject[] | undefined> {
  const value = await readJson(path, report);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) {
    report({ place: path, path: "$", message: "It is not an array of items." });
    return undefined;
  }
  const items: JsonObject[] = [];
  for (const [index, item] of (value as unknown[]).entries()) {
    const problem = isJsonObject(item) ? check(item) : { message: "It is not an item." };
    if (problem === undefined) items.push(item as JsonObject);
    else report({ place: path, ...problem, path: `$[${index}]${(problem.path ?? "$").slice(1)}` });
  }
  return items;
}
