import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { fileSystemStore } from "@threadstore/file-system";
import { sqliteStore } from "@threadstore/sqlite";
import { FileSessionStore, InMemorySessionStore, type SessionStore } from "genkit/beta";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { threadSessionStore } from "./index.ts";
import { CHECKS } from "./kit.test-helper.ts";

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "threadstore-genkit-"));
}

const STORES: readonly (readonly [name: string, open: (folder: string) => ThreadStore])[] = [
  ["memory", () => memoryStore()],
  ["SQLite", (folder) => sqliteStore({ path: join(folder, "threads.db") })],
  ["files", (folder) => fileSystemStore({ folder: join(folder, "threads") })],
];

describe.each(STORES)("sessions in %s", (_name, open) => {
  const folder = temporaryFolder();
  let store: ThreadStore;
  beforeAll(() => {
    store = open(folder);
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it.each(CHECKS)("$name", async ({ run }) => {
    const openSessions = () => threadSessionStore({ store: store.namespace("genkit") });
    await run(openSessions(), openSessions);
    expect((await store.listPage()).threads).toEqual([]);
  });
});

describe("Genkit's own stores", () => {
  /** The checks that they fail, as the README says. */
  const FAILED: { readonly [store: string]: readonly string[] } = {
    memory: ["returns a detached turn that completed, which Genkit saves as its own parent"],
    files: [
      "returns the branch that was created last",
      "loses no update of two writers",
      "keeps ids of snapshots and sessions apart, whatever their characters",
      "keeps long ids apart",
    ],
  };
  /** Files fail it or not, depending on which of two writes is first. */
  const RANDOM = "never replaces an abort that it could have seen, whichever is first";

  describe.each(["memory", "files"])("in %s", (kind) => {
    it.each(CHECKS.filter(({ name }) => kind === "memory" || name !== RANDOM))(
      "$name",
      async ({ name, run }) => {
        const folder = temporaryFolder();
        onTestFinished(() => rmSync(folder, { recursive: true }));
        const memory = new InMemorySessionStore();
        const open = (): SessionStore => (kind === "memory" ? memory : new FileSessionStore(folder));
        const outcome = await run(open(), open).then(
          () => "passes",
          () => "fails",
        );
        expect(outcome).toBe(FAILED[kind]?.includes(name) ? "fails" : "passes");
      },
    );
  });

  it("in files lose updates within one process, because the lock ends before the write", async () => {
    const folder = temporaryFolder();
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const sessions = new FileSessionStore<number>(folder);
    const change = async () =>
      sessions.saveSnapshot("a", (current) => ({
        createdAt: "2027-03-01T09:30:00.000Z",
        state: { custom: (current?.state?.custom ?? 0) + 1 },
      }));
    await Promise.all([change(), change(), change()]);
    expect((await sessions.getSnapshot({ snapshotId: "a" }))?.state?.custom).toBeLessThan(3);
  });
});
