import type { SessionSummaryEntry } from "@anthropic-ai/claude-agent-sdk";
import type { ThreadStore, ThreadSummary } from "@threadstore/core";
import { isBeingDeleted } from "./delete-session.ts";
import { nameOf, type SessionLocation } from "./session-location.ts";
import { isMissing, summaryOf } from "./session-metadata.ts";

const PAGE_SIZE = 1000;

/** Lists the sessions of a project with the times of their last appends, in milliseconds since the epoch. */
export async function listSessions(project: ThreadStore): Promise<{ sessionId: string; mtime: number }[]> {
  const sessions: { sessionId: string; mtime: number }[] = [];
  for await (const thread of listTranscripts(project)) {
    // Loading a corrupt session rejects, so it must not disappear from the list. Its time is unknown.
    sessions.push({ sessionId: nameOf(thread), mtime: thread.updatedAt?.getTime() ?? 0 });
  }
  return sessions;
}

/** Lists the summaries of a project's sessions. The SDK summarizes the sessions without one from their entries. */
export async function listSummaries(project: ThreadStore): Promise<SessionSummaryEntry[]> {
  const summaries: SessionSummaryEntry[] = [];
  for await (const thread of listTranscripts(project)) {
    const data = summaryOf(thread.metadata);
    if (data === undefined || thread.corrupt) continue;
    summaries.push({ sessionId: nameOf(thread), mtime: thread.updatedAt.getTime(), data });
  }
  return summaries;
}

/** Lists the subpaths of a session. */
export async function listSubpaths(session: SessionLocation): Promise<string[]> {
  const names: string[] = [];
  for await (const thread of listTranscripts(session.subpaths)) names.push(nameOf(thread));
  return names.length > 0 && (await isBeingDeleted(session)) ? [] : names;
}

/** Lists the transcripts that have entries. Reads none of them. */
async function* listTranscripts(store: ThreadStore): AsyncGenerator<ThreadSummary> {
  for await (const thread of store.list({ metadata: true, limit: PAGE_SIZE })) {
    if (!isMissing(thread.metadata)) yield thread;
  }
}
