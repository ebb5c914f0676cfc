import { randomUUID } from "node:crypto";
import { appendFile, mkdir, readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import {
  getSessionMessages,
  getSubagentMessages,
  importSessionToStore,
  InMemorySessionStore,
  listSessions,
  listSubagents,
  type SessionStoreEntry,
} from "@anthropic-ai/claude-agent-sdk";
import { claudeSessionStore } from "@threadstore/claude-agent-sdk";
import { describe, expect, it, vi } from "vitest";
import { runIn, temporaryFolder } from "../../cli/cli.test-helper.ts";
import { filesOf, jsonLinesOf, put, transferIn, withStore } from "../formats.test-helper.ts";

const folder = temporaryFolder();

/** Returns a transcript as Claude Code writes it. */
function transcript(sessionId: string, cwd: string, turns: number, agentId?: string): SessionStoreEntry[] {
  let parentUuid: string | null = null;
  const entries: SessionStoreEntry[] = [{ type: "mode", mode: "default", sessionId }];
  for (let turn = 0; turn < turns; turn += 1) {
    for (const role of ["user", "assistant"] as const) {
      const uuid: string = randomUUID();
      const content =
        role === "user" ? `question ${turn} 日本 👩‍🚀` : [{ type: "text", text: `answer ${turn}` }];
      entries.push({
        type: role,
        uuid,
        parentUuid,
        sessionId,
        cwd,
        isSidechain: agentId !== undefined,
        ...(agentId === undefined ? {} : { agentId }),
        timestamp: new Date(Date.UTC(2027, 2, 1, 9, turn)).toISOString(),
        message: { role, content },
      });
      parentUuid = uuid;
    }
  }
  return entries;
}

interface Session {
  readonly sessionId: string;
  readonly projectKey: string;
  readonly cwd: string;
  readonly main: SessionStoreEntry[];
  readonly agent: SessionStoreEntry[];
}

const SIDECAR = { agentType: "general-purpose", toolUseId: "toolu_1" };

/** Writes a session with an agent into the configuration folder `name`, as Claude Code does. */
async function writeSession(name: string, turns = 3): Promise<Session> {
  const cwd = join(await realpath(folder()), `app-${name}`);
  await mkdir(cwd, { recursive: true });
  const projectKey = cwd.replace(/[^a-zA-Z0-9]/gu, "-");
  const sessionId = randomUUID();
  const [main, agent] = [transcript(sessionId, cwd, turns), transcript(sessionId, cwd, 2, "a1")];
  const path = join(folder(), name, "projects", projectKey, sessionId);
  await put(`${path}.jsonl`, jsonLinesOf(main));
  await put(join(path, "subagents/agent-a1.jsonl"), jsonLinesOf(agent));
  await put(join(path, "subagents/agent-a1.meta.json"), JSON.stringify(SIDECAR));
  await put(join(path, "tool-results/result.txt"), "large");
  return { sessionId, projectKey, cwd, main, agent };
}

const IMPORT = ["--format", "claude", "--namespace", "claude"];

describe("the format claude", () => {
  it("imports what the SDK's own import stores, and a second import changes nothing", async () => {
    const sessions = [await writeSession("config", 2), await writeSession("config", 40)];
    const command = ["import", "config", "sqlite:config.db", ...IMPORT];
    const first = await transferIn(folder(), ...command);
    expect([first.exitCode, first.stderr, first.report]).toEqual([
      0,
      "",
      expect.objectContaining({ moved: 2, present: 0, problems: 0 }),
    ]);
    vi.stubEnv("CLAUDE_CONFIG_DIR", join(folder(), "config"));
    await withStore(join(folder(), "config.db"), async (store) => {
      const ours = claudeSessionStore({ store: store.namespace("claude") });
      for (const { sessionId, projectKey, cwd } of sessions) {
        const theirs = new InMemorySessionStore();
        await importSessionToStore(sessionId, theirs, { dir: cwd });
        const key = { projectKey, sessionId };
        const agent = { ...key, subpath: "subagents/agent-a1" };
        expect(await ours.load(key)).toEqual(await theirs.load(key));
        expect(await ours.load(agent)).toEqual(await theirs.load(agent));
        expect(await ours.listSubkeys(key)).toEqual(await theirs.listSubkeys(key));
      }
    });
    vi.unstubAllEnvs();
    const second = await transferIn(folder(), ...command);
    expect(second).toMatchObject({ exitCode: 0, report: { moved: 0, present: 2 } });
  });

  it("exports a folder that the SDK reads, file for file the same", async () => {
    const { sessionId, cwd } = await writeSession("exported", 5);
    await transferIn(folder(), "import", "exported", "sqlite:exported.db", ...IMPORT);
    const command = ["export", "sqlite:exported.db", "out/projects", ...IMPORT];
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 0, report: { moved: 1 } });
    const [original, copy] = [join(folder(), "exported/projects"), join(folder(), "out/projects")];
    const files = (await filesOf(original)).filter((path) => !path.includes("tool-results"));
    expect(await filesOf(copy)).toEqual(files);
    for (const path of files) {
      expect(await readFile(join(copy, path), "utf8")).toBe(await readFile(join(original, path), "utf8"));
    }
    vi.stubEnv("CLAUDE_CONFIG_DIR", join(folder(), "out"));
    const options = { dir: cwd };
    expect(await listSessions(options)).toMatchObject([{ sessionId }]);
    expect(await getSessionMessages(sessionId, options)).toHaveLength(10);
    expect(await listSubagents(sessionId, options)).toEqual(["a1"]);
    expect(await getSubagentMessages(sessionId, "a1", options)).toHaveLength(4);
    vi.unstubAllEnvs();
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 0, report: { present: 1 } });
  });

  it("continues a stored session, and replaces one that differs only with --overwrite --yes", async () => {
    const { sessionId, projectKey, cwd, main } = await writeSession("grown");
    const path = join(folder(), "grown/projects", projectKey, `${sessionId}.jsonl`);
    const command = ["import", path, "sqlite:grown.db", ...IMPORT];
    await transferIn(folder(), ...command);
    const more = transcript(sessionId, cwd, 1).slice(1);
    await appendFile(path, jsonLinesOf(more));
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 0, report: { moved: 1 } });
    const load = (): Promise<unknown> =>
      withStore(join(folder(), "grown.db"), async (store) =>
        claudeSessionStore({ store: store.namespace("claude") }).load({ projectKey, sessionId }),
      );
    expect(await load()).toEqual([...main, ...more]);

    await put(path, jsonLinesOf(main.slice(2)));
    const kept = await transferIn(folder(), ...command);
    expect(kept).toMatchObject({ exitCode: 1, report: { moved: 0, different: 1 } });
    expect(await load()).toEqual([...main, ...more]);
    const unconfirmed = await runIn(folder(), [...command, "--overwrite"]);
    expect(unconfirmed.exitCode).toBe(4);
    expect(await load()).toEqual([...main, ...more]);
    const replaced = await transferIn(folder(), ...command, "--overwrite", "--yes");
    expect(replaced).toMatchObject({ exitCode: 0, report: { moved: 1 } });
    expect(await load()).toEqual(main.slice(2));
    expect(await filesOf(folder())).not.toContain(".threadstore");
  });

  it("writes nothing in a dry run", async () => {
    await writeSession("dry");
    const command = ["import", "dry", "sqlite:dry.db", ...IMPORT, "--dry-run"];
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 0, report: { moved: 1 } });
    expect(await filesOf(folder())).not.toContain("dry.db");
    await transferIn(folder(), ...command.slice(0, -1));
    const exported = ["export", "sqlite:dry.db", "dry-out", ...IMPORT, "--dry-run"];
    expect(await transferIn(folder(), ...exported)).toMatchObject({ exitCode: 0, report: { moved: 1 } });
    expect((await filesOf(folder())).filter((path) => path.startsWith("dry-out"))).toEqual([]);
  });

  it("reports damaged lines with their file and line, and imports all others", async () => {
    const { sessionId, projectKey, main } = await writeSession("damaged");
    const path = join(folder(), "damaged/projects", projectKey, `${sessionId}.jsonl`);
    const damaged = ["{", "[]", "null", '"text"', '{"uuid":"1"}', '{"type":1}', '{"type":"user","uuid":""}'];
    const lines = jsonLinesOf(main).split("\n");
    await put(
      path,
      Buffer.concat([
        Buffer.from(lines.slice(0, 2).join("\n")),
        Buffer.from(`\n${damaged.join("\n")}\n\n`),
        Buffer.from('{"type":"user","message":"'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from(`"}\n{"type":"deep","deep":${"[".repeat(5000)}${"]".repeat(5000)}}\n`),
        Buffer.from(lines.slice(2).join("\n")),
        Buffer.from('{"type":"user","mess'),
      ]),
    );
    const { exitCode, report } = await transferIn(
      folder(),
      "import",
      "damaged",
      "sqlite:damaged.db",
      ...IMPORT,
    );
    expect(exitCode).toBe(1);
    expect(report.moved).toBe(1);
    expect(report.firstProblems.map(({ line }) => line).toSorted((a = 0, b = 0) => a - b)).toEqual([
      3, 4, 5, 6, 7, 8, 9, 11, 12, 18,
    ]);
    expect(report.firstProblems.every(({ place, path: at }) => place === path && at !== undefined)).toBe(
      true,
    );
    await withStore(join(folder(), "damaged.db"), async (store) => {
      const sessions = claudeSessionStore({ store: store.namespace("claude") });
      expect(await sessions.load({ projectKey, sessionId })).toEqual(main);
    });
  });

  it("never writes outside of the folder, and reads hostile names back", async () => {
    const keys = [
      { projectKey: "..", sessionId: "..", subpath: "../../escaped" },
      { projectKey: "a/../../b", sessionId: "/etc/passwd", subpath: "subagents/..\\x" },
      { projectKey: "日本", sessionId: "\u001b[31m👩‍🚀", subpath: `subagents/${"a".repeat(300)}` },
    ];
    const entries = [{ type: "user", uuid: "1", text: "x" }];
    await withStore(join(folder(), "hostile.db"), async (store) => {
      const sessions = claudeSessionStore({ store });
      for (const { subpath, ...key } of keys) {
        await sessions.append(key, entries);
        await sessions.append({ ...key, subpath }, entries);
      }
      await sessions.append({ projectKey: "p", sessionId: "s".repeat(300) }, entries);
      await sessions.append({ projectKey: "p".repeat(300), sessionId: "s" }, entries);
      await sessions.append({ projectKey: "p", sessionId: "empty" }, entries);
      await sessions.append({ projectKey: "p", sessionId: "empty", subpath: "a//b" }, entries);
    });
    const before = await filesOf(folder());
    const { exitCode, report } = await transferIn(
      folder(),
      "export",
      "sqlite:hostile.db",
      "hostile/out",
      "--format",
      "claude",
    );
    expect([exitCode, report.moved, report.failed, report.problems]).toEqual([1, 3, 2, 3]);
    const files = (await filesOf(folder())).filter((path) => !before.includes(path));
    expect(files.filter((path) => !path.startsWith("hostile/out/"))).toEqual([]);
    await transferIn(folder(), "import", "hostile/out", "sqlite:read-back.db", "--format", "claude");
    await withStore(join(folder(), "read-back.db"), async (store) => {
      const sessions = claudeSessionStore({ store });
      for (const { subpath, ...key } of keys) {
        expect(await sessions.load(key)).toEqual(entries);
        expect(await sessions.load({ ...key, subpath })).toEqual(entries);
      }
    });
  });
});
