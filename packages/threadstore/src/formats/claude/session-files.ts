import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../../usage-error.ts";
import { decodeName } from "../files/file-names.ts";
import { entriesOf, findFiles, isFolder } from "../files/find-files.ts";
import type { TransferContext } from "../transfer-format.ts";

/** The file of a transcript, and where the SDK keeps it. */
export interface TranscriptFile {
  readonly path: string;
  /** The key of the SDK within the session, such as `subagents/agent-1`. */
  readonly subpath: string;
}

/** The files of a session. */
export interface SessionFiles {
  readonly projectKey: string;
  readonly sessionId: string;
  /** The file with the transcript of the session itself. */
  readonly main: string;
  /** Yields the transcripts of the agents that the session started. */
  readonly subagents: () => AsyncGenerator<TranscriptFile>;
}

const EXTENSION = ".jsonl";
/** Earlier versions of Claude Code kept the transcripts of agents beside those of the sessions. */
const EARLIER_AGENT = /^agent-/u;

type SearchContext = Pick<TransferContext, "signal" | "report">;

/**
 * Yields the sessions of a configuration folder of Claude Code, of its folder `projects`, of the folder of a project in
 * it, or of one file in that.
 */
export async function* findSessions(path: string, context: SearchContext): AsyncGenerator<SessionFiles> {
  if (!(await isFolder(path))) {
    if (!path.endsWith(EXTENSION)) throw new UsageError(`The name of the file must end with ${EXTENSION}.`);
    yield sessionFiles(dirname(path), basename(path, EXTENSION), context);
    return;
  }
  const names = await readdir(path);
  if (names.some((name) => name.endsWith(EXTENSION))) {
    yield* sessionsIn(path, context);
    return;
  }
  const projects = names.includes("projects") ? join(path, "projects") : path;
  for await (const entry of entriesOf(projects, context)) {
    if (entry.isDirectory()) yield* sessionsIn(join(projects, entry.name), context);
  }
}

async function* sessionsIn(project: string, context: SearchContext): AsyncGenerator<SessionFiles> {
  for await (const entry of entriesOf(project, context)) {
    if (!entry.isFile() || !entry.name.endsWith(EXTENSION) || EARLIER_AGENT.test(entry.name)) continue;
    yield sessionFiles(project, basename(entry.name, EXTENSION), context);
  }
}

function sessionFiles(project: string, name: string, context: SearchContext): SessionFiles {
  return {
    projectKey: decodeName(basename(project)),
    sessionId: decodeName(name),
    main: join(project, name + EXTENSION),
    async *subagents() {
      const folder = join(project, name);
      if (!(await exists(folder))) return;
      for await (const { path, folders, name: agent } of findFiles(folder, [EXTENSION], context)) {
        yield { path, subpath: [...folders, agent].join("/") };
      }
    },
  };
}

async function exists(folder: string): Promise<boolean> {
  try {
    return await isFolder(folder);
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}
