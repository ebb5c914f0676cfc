import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMBEDDED, IS_QUICK, type StoreName } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { FileSessionStore, InMemorySessionStore, type SessionStore } from "genkit/beta";
import { describe, expect, it, onTestFinished } from "vitest";
import { threadSessionStore } from "./index.ts";
import { type Check, CHECKS } from "./kit.test-helper.ts";

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "threadstore-genkit-"));
}

/** Returns the checks for a store. In memory and on SQLite, they cost little. */
function checksFor(name: StoreName): readonly Check[] {
  if (!IS_QUICK || name === "memory" || name === "sqlite") return CHECKS;
  return CHECKS.filter(({ quick }) => quick === true);
}

await describeStores("sessions", { quick: [...EMBEDDED, "redis"] }, ({ name, store }) => {
  it.each(checksFor(name))("$name", async ({ run }) => {
    const openSessions = () => threadSessionStore({ store: store().namespace("genkit") });
    await run(openSessions(), openSessions);
    expect((await store().listPage()).threads).toEqual([]);
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
