import { resolve } from "node:path";
import { folderPath, nameStyleOf } from "../files/file-names.ts";
import type { TransferContext, TransferFormat, TransferUnit } from "../transfer-format.ts";
import { sessionsOf } from "./bridge.ts";
import { exportSession } from "./export-session.ts";
import { importSession } from "./import-session.ts";
import { findSessions } from "./session-files.ts";

/** The bridge replaces the ends of long names by this and a digest. */
const HASH_MARK = "~sha256-";
const UNKNOWN_PROJECT = "The sessions of a project whose name was shortened cannot be listed.";

/** Sessions of Claude Code and the Claude Agent SDK: the folder `projects` of their configuration. */
export const CLAUDE: TransferFormat = {
  name: "claude",
  noun: "session",
  target: "folder",
  options: [],

  async *import(source, context) {
    const sessions = await sessionsOf(context);
    for await (const files of findSessions(resolve(context.folder, source), context)) {
      yield { name: files.main, move: () => importSession(sessions, files, context) };
    }
  },

  async *export(target, context) {
    const sessions = await sessionsOf(context);
    const style = await nameStyleOf(resolve(context.folder, target));
    for await (const projectKey of projectsOf(context)) {
      for (const { sessionId } of await sessions.listSessions(projectKey)) {
        const key = { projectKey, sessionId };
        const folder = resolve(context.folder, target, folderPath(projectKey, style));
        yield {
          name: `${projectKey}/${sessionId}`,
          move: () => exportSession(sessions, key, { folder, style }, context),
        } satisfies TransferUnit;
      }
    }
  },
};

async function* projectsOf({ store, signal, report }: TransferContext): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page = await store.namespaces({ cursor, signal });
    for (const name of page.namespaces) {
      if (name.includes(HASH_MARK)) report({ place: name, message: UNKNOWN_PROJECT });
      else yield name;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}
