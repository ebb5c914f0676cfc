import { readFile, stat } from "node:fs/promises";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import type { Problem } from "../transfer-format.ts";
import { isFileFailure } from "./find-files.ts";
import { MAX_LINE_BYTES } from "./json-lines.ts";
import { parseJson } from "./parse-json.ts";

/** Reads the text of a file. Reports one that is too long or not UTF-8, and resolves with `undefined`. */
export async function readText(
  path: string,
  report: (problem: Problem) => void,
): Promise<string | undefined> {
  if ((await stat(path)).size > MAX_LINE_BYTES) {
    report({ place: path, message: `It is longer than ${MAX_LINE_BYTES} bytes.` });
    return undefined;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (isFileFailure(error)) throw error;
    report({ place: path, message: "It is not UTF-8." });
    return undefined;
  }
}

/** Reads a file of JSON. Reports one that is something else, and resolves with `undefined`. */
export async function readJson(path: string, report: (problem: Problem) => void): Promise<unknown> {
  const text = await readText(path, report);
  if (text === undefined) return undefined;
  const parsed = parseJson(text);
  if ("value" in parsed) return parsed.value;
  report({ place: path, path: "$", message: parsed.problem });
  return undefined;
}

/** Reads a file with a JSON object. Resolves with `undefined` if it does not exist, or is something else. */
export async function readJsonObject(
  path: string,
  report: (problem: Problem) => void,
): Promise<JsonObject | undefined> {
  let value: unknown;
  try {
    value = await readJson(path, report);
  } catch (error) {
    if (isFileFailure(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
  if (value === undefined || isJsonObject(value)) return value;
  report({ place: path, path: "$", message: "It is not a JSON object." });
  return undefined;
}
