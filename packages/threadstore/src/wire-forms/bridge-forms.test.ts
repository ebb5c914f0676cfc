// What bridges have stored is readable, and what is damaged is reported with its code and path.
import { join } from "node:path";
import { emptyCheckpoint, uuid6 } from "@langchain/langgraph-checkpoint";
import { ThreadStoreSessionService } from "@threadstore/adk";
import { claudeSessionStore } from "@threadstore/claude-agent-sdk";
import type { JsonValue, SerializedThread, ThreadStore } from "@threadstore/core";
import { threadSessionStore } from "@threadstore/genkit";
import { ThreadStoreSaver } from "@threadstore/langgraph";
import { ThreadStoreMemory } from "@threadstore/mastra";
import { threadStorage } from "@threadstore/microsoft-agents";
import { strandsStorage } from "@threadstore/strands";
import { describe, expect, it } from "vitest";
import { runIn, temporaryFolder } from "../cli/cli.test-helper.ts";
import { withStore } from "../formats/formats.test-helper.ts";
import { ask } from "../formats/langgraph/langgraph.test-helper.ts";
import { viewOf, walk } from "../walk/walk.ts";

const folder = temporaryFolder();

interface Report {
  readonly checked: number;
  readonly unknown: number;
  readonly faulty: readonly {
    thread: string;
    faults: readonly { code: string; path: string; message: string }[];
  }[];
}

async function check(name: string): Promise<{ readonly exitCode: number; readonly report: Report }> {
  const { exitCode, stdout, stderr } = await runIn(folder(), ["check", `sqlite:${name}`, "--json"]);
  expect(stderr).toBe("");
  return { exitCode, report: JSON.parse(stdout) as Report };
}

/** A bridge: how it fills a store, the kind of its threads, and how one is damaged. */
type Row = readonly [
  kind: string,
  fill: (store: ThreadStore) => Promise<unknown>,
  damage: { readonly [member: string]: JsonValue },
  path: string,
];

const time = new Date("2027-03-01T09:30:00.000Z");

const ROWS: readonly Row[] = [
  [
    "claude-agent-transcript",
    (store) =>
      claudeSessionStore({ store }).append({ projectKey: "p", sessionId: "s" }, [
        { type: "user", uuid: "1" },
      ]),
    { entries: [{ type: "user" }, { secret: 1 }] },
    "$.entries[1]",
  ],
  [
    "claude-agent-segment",
    async (store) => {
      const sessions = claudeSessionStore({ store, segmentBytes: 20 });
      for (const uuid of ["1", "2", "3"]) {
        await sessions.append({ projectKey: "p", sessionId: "s" }, [
          { type: "user", uuid, text: "x".repeat(50) },
        ]);
      }
    },
    { entries: 1 },
    "$.entries",
  ],
  [
    "genkit-snapshot",
    (store) =>
      threadSessionStore({ store }).saveSnapshot("snapshot-1", () => ({
        createdAt: time.toISOString(),
        state: {},
      })),
    { snapshot: { snapshotId: 1 } },
    "$.snapshot.snapshotId",
  ],
  [
    "adk-session",
    (store) =>
      new ThreadStoreSessionService({ store }).createSession({ appName: "a", userId: "u", sessionId: "s" }),
    { events: [{ id: 1 }] },
    "$.events[0].id",
  ],
  [
    "strands-value",
    (store) => strandsStorage({ store }).write("session/1", new TextEncoder().encode('{"a":1}')),
    { json: null, text: "secret" },
    "$",
  ],
  [
    "microsoft-agents-item",
    (store) => threadStorage({ store }).write({ "conversation/1": { topic: "x" } }),
    { item: "secret" },
    "$.item",
  ],
  [
    "mastra-thread",
    (store) =>
      new ThreadStoreMemory({ store }).saveThread({
        thread: { id: "t", resourceId: "r", createdAt: time, updatedAt: time },
      }),
    { messages: [{ id: "1", createdAt: "secret" }] },
    "$.messages[0].createdAt",
  ],
  [
    "langgraph-checkpoint",
    (store) => ask(new ThreadStoreSaver({ store: store.namespace("graphs") }), "t"),
    { channels: { secret: 1 } },
    "$.channels.secret",
  ],
];

describe.each(ROWS)("check of %s", (kind, fill, damage, path) => {
  it("reads what the bridge has stored, and reports what it cannot read", async () => {
    const name = `${kind}.db`;
    const places = await withStore(join(folder(), name), async (store) => {
      await fill(store);
      return placesOf(store, kind);
    });
    expect(places.length).toBeGreaterThan(0);
    const intact = await check(name);
    expect([intact.exitCode, intact.report.faulty]).toEqual([0, []]);
    expect(intact.report.checked).toBeGreaterThanOrEqual(places.length);
    const [namespaces = [], id = ""] = places[0] ?? [];
    await withStore(join(folder(), name), (store) =>
      viewOf(store, namespaces).update(id, (stored) => ({
        ...(stored?.thread as SerializedThread),
        ...damage,
      })),
    );
    const { exitCode, report } = await check(name);
    expect([exitCode, report.faulty.length]).toEqual([1, 1]);
    expect(report.faulty[0]?.faults).toEqual([
      { code: "THREAD_INVALID", path, message: expect.not.stringContaining("secret: 1") as string },
    ]);
    const repaired = await runIn(folder(), ["repair", `sqlite:${name}`, "--yes"]);
    expect([repaired.exitCode, repaired.stdout]).toEqual([1, expect.stringContaining("THREAD_INVALID")]);
  });
});

it("check reports a checkpoint of LangGraph whose value is missing", async () => {
  const values = await withStore(join(folder(), "values.db"), async (store) => {
    const checkpoint = {
      ...emptyCheckpoint(),
      id: uuid6(0),
      channel_values: { text: "x".repeat(5000) },
      channel_versions: { text: 1 },
    };
    const config = { configurable: { thread_id: "t", checkpoint_ns: "" } };
    const metadata = { source: "loop", step: 0, parents: {} } as const;
    await new ThreadStoreSaver({ store }).put(config, checkpoint, metadata, { text: 1 });
    return placesOf(store, "langgraph-value");
  });
  expect(values).toHaveLength(1);
  expect((await check("values.db")).exitCode).toBe(0);
  await withStore(join(folder(), "values.db"), async (store) => {
    for (const [namespaces, id] of values) await viewOf(store, namespaces).delete(id);
  });
  const { exitCode, report } = await check("values.db");
  expect(exitCode).toBe(1);
  expect(report.faulty).toMatchObject([{ faults: [{ code: "THREAD_INVALID", path: "$.channels.text" }] }]);
});

/** Resolves with the places of the threads of a kind. */
async function placesOf(
  store: ThreadStore,
  kind: string,
): Promise<[namespaces: readonly string[], id: string][]> {
  const places: [readonly string[], string][] = [];
  for await (const { namespaces, view, threads } of walk(store)) {
    for (const { id } of threads) {
      if ((await view.load(id))?.thread["kind"] === kind) places.push([namespaces, id]);
    }
  }
  return places;
}
