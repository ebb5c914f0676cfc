import { join, sep } from "node:path";
import { filePath, folderPath, type NameStyle } from "../files/file-names.ts";
import { combined, writeFile } from "../files/write-file.ts";
import { RecordError } from "../record-error.ts";
import type { MoveOutcome, TransferContext } from "../transfer-format.ts";
import {
  AGENT_METADATA,
  type ClaudeSessions,
  sidecarOf,
  type TranscriptEntry,
  type TranscriptKey,
} from "./bridge.ts";

/** The folder of a project, and how names are written in it. */
interface ProjectFolder {
  readonly folder: string;
  readonly style: NameStyle;
}

/** Writes the transcripts of a session and of its agents as the SDK does. */
export async function exportSession(
  sessions: ClaudeSessions,
  { projectKey, sessionId }: TranscriptKey,
  { folder, style }: ProjectFolder,
  context: TransferContext,
): Promise<MoveOutcome> {
  const main = await sessions.load({ projectKey, sessionId });
  // It was deleted since it was listed.
  if (main === null) return "other";
  const name = folderPath(sessionId, style);
  if (name !== filePath(sessionId, "", style) || name.includes(sep)) {
    throw new RecordError("The id of the session cannot be the name of a file and of a folder.");
  }
  const outcomes = [await writeEntries(folder, `${name}.jsonl`, main, context)];
  for (const subpath of await sessions.listSubkeys({ projectKey, sessionId })) {
    const entries = await sessions.load({ projectKey, sessionId, subpath });
    const transcript = join(name, subpathFile(subpath, style));
    outcomes.push(...(await writeTranscript(folder, transcript, entries ?? [], context)));
  }
  return combined(outcomes);
}

async function writeTranscript(
  folder: string,
  path: string,
  entries: readonly TranscriptEntry[],
  context: TransferContext,
): Promise<MoveOutcome[]> {
  const messages = entries.filter(({ type }) => type !== AGENT_METADATA);
  const sidecar = entries.findLast(({ type }) => type === AGENT_METADATA);
  const outcomes = messages.length === 0 ? [] : [await writeEntries(folder, path, messages, context)];
  if (sidecar === undefined) return outcomes;
  const { type: _, ...members } = sidecar;
  const content = (): string[] => [JSON.stringify(members)];
  return [...outcomes, await writeFile(folder, { path: sidecarOf(path), content }, context)];
}

function writeEntries(
  folder: string,
  path: string,
  entries: readonly TranscriptEntry[],
  context: TransferContext,
): Promise<MoveOutcome> {
  const content = function* (): Generator<string> {
    for (const entry of entries) yield `${JSON.stringify(entry)}\n`;
  };
  return writeFile(folder, { path, content }, context);
}

function subpathFile(subpath: string, style: NameStyle): string {
  const names = subpath.split("/");
  const folders = names.slice(0, -1).map((name) => folderPath(name, style));
  return join(...folders, filePath(names.at(-1) ?? "", ".jsonl", style));
}
