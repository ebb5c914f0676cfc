import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineRow, defineStoreRows, type MatrixCheck, type SdkMatrix } from "@threadstore/matrix";
import { FileSessionStore, InMemorySessionStore, type SessionStore } from "genkit/beta";
import { afterAll, describe } from "vitest";
import { threadSessionStore } from "./index.ts";
import { type Check, CHECKS } from "./kit.test-helper.ts";
import { snapshot } from "./snapshot.test-helper.ts";

// `npm run docs:matrix` runs this file.

/** Opens another client of the same snapshots. */
type OpenSessions = () => SessionStore;

/** The checks of what the types say: of ids, of the function that changes a snapshot, and of concurrent changes. */
const DOCUMENTED: readonly string[] = [
  "returns a snapshot by its id, with every member, and in another instance",
  "passes the current snapshot to the mutator, and assigns an id to a new one",
  "writes nothing if the mutator returns null or throws",
  "never replaces an abort that it could have seen, whichever is first",
  "loses no update of two writers",
];

function toCheck({ name, run }: Check): MatrixCheck<OpenSessions> {
  return { name, run: async (open) => run(open(), open) };
}

const MATRIX: SdkMatrix<OpenSessions> = {
  documented: CHECKS.filter(({ name }) => DOCUMENTED.includes(name)).map(toCheck),
  beyond: CHECKS.filter(({ name }) => !DOCUMENTED.includes(name)).map(toCheck),
  async openConversation(open, name) {
    const sessions = open();
    return {
      // One snapshot, which each client changes as the interface says: with a function of its current state.
      async append(texts) {
        await sessions.saveSnapshot(name, (current) => {
          const custom = [...((current?.state?.custom ?? []) as string[]), ...texts];
          return snapshot({ state: { custom } });
        });
      },
      read: async () => {
        const stored = await sessions.getSnapshot({ snapshotId: name });
        return (stored?.state?.custom ?? []) as string[];
      },
    };
  },
};

await defineStoreRows<OpenSessions>(
  MATRIX,
  (store) => () => threadSessionStore({ store: store.namespace("genkit") }),
);

describe("InMemorySessionStore", () => {
  const sessions = new InMemorySessionStore();
  defineRow<OpenSessions>(MATRIX, () => () => sessions, { isPersistent: false });
});

describe("FileSessionStore", () => {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-matrix-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  defineRow<OpenSessions>(MATRIX, () => () => new FileSessionStore(folder));
});
