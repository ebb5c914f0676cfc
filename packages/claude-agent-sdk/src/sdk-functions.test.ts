import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  deleteSession,
  forkSession,
  getSessionInfo,
  getSessionMessages,
  getSubagentMessages,
  importSessionToStore,
  InMemorySessionStore,
  listSessions,
  listSubagents,
  renameSession,
  type SessionStore,
  type SessionStoreEntry,
  tagSession,
} from "@anthropic-ai/claude-agent-sdk";
import { memoryStore } from "@threadstore/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claudeSessionStore } from "./index.ts";

// The SDK's own functions, on a session store over ThreadStore and on the SDK's store in memory. Both must have the
// same results.

const DIR = "/work/app";
const PROJECT_KEY = "-work-app";

/** Returns a transcript as the CLI writes it. */
function transcript(sessionId: string, turns: number, agentId?: string): SessionStoreEntry[] {
  let parentUuid: string | null = null;
  const entries: SessionStoreEntry[] = [{ type: "mode", mode: "default", sessionId }];
  for (let turn = 0; turn < turns; turn += 1) {
    for (const role of ["user", "assistant"] as const) {
      const uuid: string = randomUUID();
      entries.push({
        type: role,
        uuid,
        parentUuid,
        sessionId,
        cwd: DIR,
        version: "2.1.332",
        gitBranch: `branch-${turn}`,
        isSidechain: agentId !== undefined,
        ...(agentId === undefined ? {} : { agentId }),
        userType: "external",
        timestamp: new Date(Date.UTC(2027, 2, 1, 9, turn)).toISOString(),
        message:
          role === "user"
            ? { role, content: `question ${turn}` }
            : { role, content: [{ type: "text", text: `answer ${turn}` }] },
      });
      parentUuid = uuid;
    }
  }
  return entries;
}

const STORES: readonly [string, () => SessionStore][] = [
  ["in one thread", () => claudeSessionStore({ store: memoryStore() })],
  ["in segments", () => claudeSessionStore({ store: memoryStore(), segmentBytes: 1000 })],
];

describe.each(STORES)("sessions %s", (_name, create) => {
  const sessionId = randomUUID();
  const key = { projectKey: PROJECT_KEY, sessionId };
  const options = { dir: DIR };
  let ours: SessionStore;
  let theirs: SessionStore;

  /** Runs a function of the SDK on both stores, and returns both results without what differs at random. */
  async function onBoth<T>(work: (sessionStore: SessionStore) => Promise<T>): Promise<T> {
    const [result, expected] = [await work(ours), await work(theirs)];
    const plain = (value: unknown) =>
      JSON.parse(JSON.stringify(value ?? null), (name, member: unknown) =>
        ["lastModified", "mtime"].includes(name) ? "time" : member,
      ) as unknown;
    expect(plain(result)).toEqual(plain(expected));
    return result;
  }

  beforeEach(async () => {
    ours = create();
    theirs = new InMemorySessionStore();
    const [entries, subagent] = [transcript(sessionId, 12), transcript(sessionId, 3, "a1")];
    await onBoth(async (store) => {
      for (let start = 0; start < entries.length; start += 5)
        await store.append(key, entries.slice(start, start + 5));
      await store.append({ ...key, subpath: "subagents/agent-a1" }, subagent);
    });
  });

  it("have the messages that getSessionMessages returns, page by page", async () => {
    const all = await onBoth(async (sessionStore) =>
      getSessionMessages(sessionId, { ...options, sessionStore }),
    );
    expect(all).toHaveLength(24);
    await onBoth(async (sessionStore) =>
      getSessionMessages(sessionId, {
        ...options,
        sessionStore,
        limit: 5,
        offset: 7,
        includeSystemMessages: true,
      }),
    );
  });

  it("have the subagents that listSubagents and getSubagentMessages return", async () => {
    expect(
      await onBoth(async (sessionStore) => listSubagents(sessionId, { ...options, sessionStore })),
    ).toEqual(["a1"]);
    const read = async (sessionStore: SessionStore) =>
      getSubagentMessages(sessionId, "a1", { ...options, sessionStore });
    expect(await onBoth(read)).toHaveLength(6);
  });

  it("are renamed and tagged by renameSession and tagSession, which listSessions and getSessionInfo show", async () => {
    const read = async (sessionStore: SessionStore) => [
      await listSessions({ ...options, sessionStore }),
      await getSessionInfo(sessionId, { ...options, sessionStore }),
    ];
    await onBoth(read);
    for (const title of ["Pirates", "t".repeat(20_000)]) {
      await onBoth(async (sessionStore) => renameSession(sessionId, title, { ...options, sessionStore }));
      await onBoth(async (sessionStore) => tagSession(sessionId, "blue", { ...options, sessionStore }));
      const [sessions] = await onBoth(read);
      expect(sessions).toMatchObject([
        { sessionId, customTitle: title, tag: "blue", gitBranch: "branch-11" },
      ]);
    }
    await onBoth(async (sessionStore) => tagSession(sessionId, null, { ...options, sessionStore }));
    await onBoth(read);
  });

  it("are copied by forkSession, and the copy is a separate session", async () => {
    const fork = async (sessionStore: SessionStore) => {
      const { sessionId: forked } = await forkSession(sessionId, {
        ...options,
        sessionStore,
        title: "A fork",
      });
      await renameSession(forked, "Another title", { ...options, sessionStore });
      const messages = await getSessionMessages(forked, { ...options, sessionStore });
      const titles = (await listSessions({ ...options, sessionStore })).map(
        ({ customTitle }) => customTitle ?? "none",
      );
      return { titles: titles.toSorted(), messages: messages.map(({ message }) => message) };
    };
    const { titles, messages } = await onBoth(fork);
    expect(titles).toEqual(["Another title", "none"]);
    expect(messages).toHaveLength(24);
  });

  it("are deleted by deleteSession, with their subagents", async () => {
    await onBoth(async (sessionStore) => deleteSession(sessionId, { ...options, sessionStore }));
    expect(await onBoth(async (sessionStore) => listSessions({ ...options, sessionStore }))).toEqual([]);
    expect(await ours.load({ ...key, subpath: "subagents/agent-a1" })).toBeNull();
  });

  it("that are missing have no messages and no information", async () => {
    const missing = randomUUID();
    await onBoth(async (sessionStore) => getSessionMessages(missing, { ...options, sessionStore }));
    await onBoth(async (sessionStore) => getSessionInfo(missing, { ...options, sessionStore }));
    const forking = forkSession(missing, { ...options, sessionStore: ours });
    await expect(forking).rejects.toThrow(/not found/u);
  });
});

describe("importSessionToStore", () => {
  const configDir = process.env["CLAUDE_CONFIG_DIR"];
  let folder = "";
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "threadstore-claude-")));
    process.env["CLAUDE_CONFIG_DIR"] = join(folder, "config");
  });
  afterEach(async () => {
    if (configDir === undefined) delete process.env["CLAUDE_CONFIG_DIR"];
    else process.env["CLAUDE_CONFIG_DIR"] = configDir;
    await rm(folder, { recursive: true, force: true });
  });

  it.each([3, 500])(
    "imports a local session in batches of %i, and a repeated import adds nothing",
    async (batchSize) => {
      const sessionId = randomUUID();
      const dir = join(folder, "app");
      const projectKey = dir.replace(/[^a-zA-Z0-9]/gu, "-");
      const project = join(folder, "config", "projects", projectKey);
      await mkdir(join(project, sessionId, "subagents"), { recursive: true });
      await mkdir(dir);
      const [main, subagent] = [transcript(sessionId, 5), transcript(sessionId, 2, "a1")];
      const lines = (entries: readonly object[]) =>
        entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
      await writeFile(join(project, `${sessionId}.jsonl`), lines(main));
      await writeFile(join(project, sessionId, "subagents", "agent-a1.jsonl"), lines(subagent));

      const store = claudeSessionStore({ store: memoryStore(), segmentBytes: 1000 });
      // The live session mirrored its beginning.
      await store.append({ projectKey, sessionId }, main.slice(0, 4));
      for (let run = 0; run < 2; run += 1) {
        await importSessionToStore(sessionId, store, { dir, batchSize });
        expect(await store.load({ projectKey, sessionId })).toEqual(main);
        expect(await store.load({ projectKey, sessionId, subpath: "subagents/agent-a1" })).toEqual(subagent);
      }
    },
  );
});
