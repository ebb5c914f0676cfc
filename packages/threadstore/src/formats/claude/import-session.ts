import { canonicalJson, type JsonObject } from "@threadstore/core/documents";
import { isError } from "@threadstore/core/driver";
import { jsonLines } from "../files/json-lines.ts";
import { readJsonObject } from "../files/read-json.ts";
import { combined } from "../files/write-file.ts";
import type { MoveOutcome, Problem, TransferContext } from "../transfer-format.ts";
import {
  AGENT_METADATA,
  type ClaudeSessions,
  sidecarOf,
  type TranscriptEntry,
  type TranscriptKey,
} from "./bridge.ts";
import type { SessionFiles } from "./session-files.ts";

const BATCH_ENTRIES = 500;
const BATCH_BYTES = 1024 * 1024;

/** Imports the transcripts of a session and of its agents. */
export async function importSession(
  sessions: ClaudeSessions,
  { projectKey, sessionId, main, subagents }: SessionFiles,
  context: TransferContext,
): Promise<MoveOutcome> {
  const importer = { sessions, context };
  const outcome = await importTranscript(importer, { projectKey, sessionId }, main);
  // Agents belong to the session that was kept.
  if (outcome === "different" || outcome === "other") return outcome;
  const outcomes: MoveOutcome[] = [outcome];
  for await (const { path, subpath } of subagents()) {
    const key = { projectKey, sessionId, subpath };
    outcomes.push(await importTranscript(importer, key, path), await importSidecar(importer, key, path));
  }
  return combined(outcomes);
}

interface Importer {
  readonly sessions: ClaudeSessions;
  readonly context: TransferContext;
}

async function importTranscript(importer: Importer, key: TranscriptKey, path: string): Promise<MoveOutcome> {
  const { sessions, context } = importer;
  const stored = (await sessions.load(key))?.filter(({ type }) => type !== AGENT_METADATA) ?? [];
  if (stored.length === 0) return appendFile(importer, key, { path, start: 0, report: context.report });
  const relation = await relationTo(stored, path, context.report);
  if (relation === "present") return "present";
  if (relation === "different") {
    if (!context.overwrite) return "different";
    if (!context.isDryRun) await sessions.delete(key);
  }
  // The lines were reported when they were compared.
  const start = relation === "different" ? 0 : stored.length;
  return appendFile(importer, key, { path, start, report: () => undefined });
}

/** Resolves with `older` if the file continues the stored entries. */
async function relationTo(
  stored: readonly TranscriptEntry[],
  path: string,
  report: (problem: Problem) => void,
): Promise<"present" | "older" | "different"> {
  let index = 0;
  for await (const { entry } of entriesOf(path, report)) {
    const other = stored[index];
    index += 1;
    if (other === undefined) return "older";
    if (canonicalJson(entry as JsonObject) !== canonicalJson(other as JsonObject)) return "different";
  }
  return "present";
}

/** An entry of a file, and its line. */
interface NumberedEntry {
  readonly entry: TranscriptEntry;
  readonly line: number;
  readonly bytes: number;
}

/** Yields the entries of a file, without those whose `uuid` is that of an earlier entry. Reports invalid lines. */
async function* entriesOf(path: string, report: (problem: Problem) => void): AsyncGenerator<NumberedEntry> {
  const known = new Set<string>();
  for await (const { value, line, bytes } of jsonLines(path, { place: path, report })) {
    const { type, uuid } = value;
    const isNamed = uuid === undefined || (typeof uuid === "string" && uuid !== "");
    if (typeof type !== "string")
      report({ place: path, line, path: "$.type", message: "It is not a string." });
    else if (!isNamed)
      report({ place: path, line, path: "$.uuid", message: "It is not a non-empty string." });
    else if (typeof uuid !== "string" || !known.has(uuid)) {
      if (typeof uuid === "string") known.add(uuid);
      yield { entry: value as TranscriptEntry, line, bytes };
    }
  }
}

/** The part of a file to append: the entries from `start` on. */
interface FilePart {
  readonly path: string;
  readonly start: number;
  readonly report: (problem: Problem) => void;
}

async function appendFile(importer: Importer, key: TranscriptKey, part: FilePart): Promise<MoveOutcome> {
  const { isDryRun, signal } = importer.context;
  let [index, bytes] = [0, 0];
  let batch: NumberedEntry[] = [];
  const flush = async (): Promise<void> => {
    signal.throwIfAborted();
    if (!isDryRun && batch.length > 0) await appendBatch(importer, key, part.path, batch);
    [batch, bytes] = [[], 0];
  };
  for await (const numbered of entriesOf(part.path, part.report)) {
    index += 1;
    if (index <= part.start) continue;
    batch.push(numbered);
    bytes += numbered.bytes;
    if (batch.length >= BATCH_ENTRIES || bytes >= BATCH_BYTES) await flush();
  }
  await flush();
  return index === 0 ? "other" : "moved";
}

/** Appends entries. Reports those that the store rejects. */
async function appendBatch(
  { sessions, context }: Importer,
  key: TranscriptKey,
  path: string,
  batch: readonly NumberedEntry[],
): Promise<void> {
  try {
    await sessions.append(
      key,
      batch.map(({ entry }) => entry),
    );
  } catch (error) {
    const {
      code,
      path: faultPath = "",
      message,
    } = error as { code?: unknown; path?: string; message: string };
    const [, position, inner = ""] = /^entries\[(\d+)\](.*)$/su.exec(faultPath) ?? [];
    const faulty = batch.length === 1 ? batch[0] : batch[Number(position ?? -1)];
    if (!isError(error) || (code !== "INVALID_ARGUMENT" && code !== "TOO_LARGE") || faulty === undefined) {
      throw error;
    }
    context.report({ place: path, line: faulty.line, path: `$${inner}`, message });
    // If an entry of a batch is too large, the other entries are stored. If an entry is invalid, none of them is
    // stored.
    const others = batch.filter((each) => each !== faulty);
    if (code === "INVALID_ARGUMENT" && others.length > 0) {
      await appendBatch({ sessions, context }, key, path, others);
    }
  }
}

/** Imports the file beside the transcript of an agent, which says how the agent was started. */
async function importSidecar(
  { sessions, context }: Importer,
  key: TranscriptKey,
  transcript: string,
): Promise<MoveOutcome> {
  const path = sidecarOf(transcript);
  const sidecar = await readJsonObject(path, context.report);
  if (sidecar === undefined) return "present";
  const entry = { type: AGENT_METADATA, ...sidecar };
  const stored = (await sessions.load(key))?.findLast(({ type }) => type === AGENT_METADATA);
  if (stored !== undefined && canonicalJson(stored as JsonObject) === canonicalJson(entry)) return "present";
  if (!context.isDryRun) await sessions.append(key, [entry]);
  return "moved";
}
