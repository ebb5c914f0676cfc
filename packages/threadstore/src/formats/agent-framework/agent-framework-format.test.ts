import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  detectShape,
  readAgentFrameworkThread,
  writeAgentFrameworkThread,
} from "@threadstore/agent-framework";
import type { SerializedThread } from "@threadstore/core";
import { createChatAgent } from "@threadstore/openai";
import { OpenAI } from "openai";
import { beforeAll, describe, expect, it } from "vitest";
import { runIn, temporaryFolder } from "../../cli/cli.test-helper.ts";
import { filesOf, jsonLinesOf, put, transferIn, withStore } from "../formats.test-helper.ts";

const folder = temporaryFolder();
const FORMAT = ["--format", "agent-framework"];
/** Files that Agent Framework for C# and Python wrote. */
const GOLDEN = join(import.meta.dirname, "../../../../agent-framework/src/golden");
const names = await readdir(GOLDEN);

/** Returns JSON text without white space, in which all members keep their order. */
function compact(text: string): string {
  return JSON.stringify(JSON.parse(text));
}

const load = (store: string, id: string): Promise<SerializedThread | undefined> =>
  withStore(join(folder(), store), async (opened) => (await opened.load(id))?.thread);

beforeAll(async () => {
  for (const name of names) await put(join(folder(), "golden", name), await readFile(join(GOLDEN, name)));
});

describe("the format agent-framework", () => {
  it("imports threads of C# and Python for our agents, and exports the same files", async () => {
    const command = ["import", "golden", "sqlite:converted.db", ...FORMAT];
    const first = await transferIn(folder(), ...command);
    const elsewhere = names.filter((name) => {
      const { report } = readAgentFrameworkThread(texts.get(name) ?? "");
      return report.some(({ kind }) => kind === "elsewhere" || kind === "repair" || kind === "lost");
    });
    expect(first.report).toMatchObject({ moved: names.length, failed: 0 });
    expect([first.exitCode, new Set(first.report.firstProblems.map(({ place }) => place))]).toEqual([
      1,
      new Set(elsewhere.map((name) => join(folder(), "golden", name))),
    ]);
    const thread = await load("converted.db", "python-session-tool-call");
    const agent = createChatAgent({ client: new OpenAI({ apiKey: "k" }), model: "m" });
    expect((await agent.deserializeThread(thread ?? {})).messages.length).toBeGreaterThan(2);
    expect((await transferIn(folder(), ...command)).report).toMatchObject({
      moved: 0,
      present: names.length,
    });

    const exporting = ["export", "sqlite:converted.db", "out", ...FORMAT];
    expect(await transferIn(folder(), ...exporting)).toMatchObject({
      exitCode: 0,
      report: { moved: names.length },
    });
    expect(await filesOf(join(folder(), "out"))).toEqual(names.toSorted());
    for (const name of names) {
      expect(compact(await readFile(join(folder(), "out", name), "utf8"))).toBe(
        compact(texts.get(name) ?? ""),
      );
    }
    expect(await transferIn(folder(), ...exporting)).toMatchObject({ exitCode: 0, report: { moved: 0 } });
  });

  it("keeps the shape with --keep-shape, byte for byte, and converts it in an export", async () => {
    const command = ["import", "golden", "sqlite:kept.db", ...FORMAT, "--keep-shape"];
    await transferIn(folder(), ...command);
    const exporting = ["export", "sqlite:kept.db", "kept-out", ...FORMAT];
    expect(await transferIn(folder(), ...exporting)).toMatchObject({
      exitCode: 0,
      report: { moved: names.length },
    });
    for (const name of names) {
      const written = await readFile(join(folder(), "kept-out", name));
      expect(written).toEqual(await readFile(join(folder(), "golden", name)));
    }
    // The other form of the same threads is not another thread.
    const converted = await transferIn(folder(), "import", "golden", "sqlite:kept.db", ...FORMAT);
    expect(converted.report).toMatchObject({ moved: 0, present: names.length, different: 0 });

    const id = "csharp-session-tool-call";
    await put(join(folder(), "one", `${id}.json`), texts.get(`${id}.json`) ?? "");
    await transferIn(folder(), "import", "one", "sqlite:one.db", ...FORMAT, "--keep-shape");
    for (const shape of ["python-session", "python-history"]) {
      const target = `one-${shape}`;
      const exported = await transferIn(
        folder(),
        "export",
        "sqlite:one.db",
        target,
        ...FORMAT,
        "--shape",
        shape,
      );
      expect(exported.report).toMatchObject({ moved: 1, failed: 0 });
      const [file = ""] = await filesOf(join(folder(), target));
      const text = await readFile(join(folder(), target, file), "utf8");
      expect([file, detectShape(text).shape]).toEqual([
        `${id}.json${shape === "python-history" ? "l" : ""}`,
        shape,
      ]);
      const again = await transferIn(
        folder(),
        "export",
        "sqlite:one.db",
        target,
        ...FORMAT,
        "--shape",
        shape,
      );
      expect(again.report).toMatchObject({ moved: 0, present: 1 });
    }
  });

  it("continues stored threads, and keeps those that an agent has continued", async () => {
    const file = join(folder(), "grow", "t.json");
    const command = ["import", "grow", "sqlite:grow.db", ...FORMAT, "--agent", "Support"];
    await put(file, pythonSession("Hi"));
    await transferIn(folder(), ...command);
    expect(await load("grow.db", "t")).toMatchObject({ agent: "Support" });
    await put(file, pythonSession("Hi", "More"));
    expect((await transferIn(folder(), ...command)).report).toMatchObject({ moved: 1 });
    await withStore(join(folder(), "grow.db"), async (store) => {
      await store.update("t", (stored) => {
        const { messages, ...others } = stored?.thread ?? {};
        return {
          ...others,
          state: { memory: 1 },
          messages: [...(messages as object[]), { role: "user", content: "!" }],
        };
      });
    });
    expect((await transferIn(folder(), ...command)).report).toMatchObject({ moved: 0, present: 1 });
    await put(file, pythonSession("Hi", "More", "Otherwise"));
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 1, report: { different: 1 } });
    await put(file, pythonSession("Hi", "More", "!", "Much more"));
    // Our agent has kept a state that the file does not have.
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 1, report: { different: 1 } });
    const replaced = await transferIn(folder(), ...command, "--overwrite", "--yes");
    expect(replaced).toMatchObject({ exitCode: 0, report: { moved: 1 } });
    expect((await load("grow.db", "t"))?.["messages"]).toHaveLength(4);
  });

  it("does not import a session and a history of the same name, which would be one thread", async () => {
    const message = { type: "message", role: "user", contents: [{ type: "text", text: "Hi" }] };
    await put(join(folder(), "twins/t.json"), pythonSession());
    await put(join(folder(), "twins/t.jsonl"), jsonLinesOf([message]));
    await put(join(folder(), "twins/other.json"), pythonSession("Hi"));
    const command = ["import", "twins", "sqlite:twins.db", ...FORMAT, "--overwrite", "--yes"];
    const { exitCode, report } = await transferIn(folder(), ...command);
    expect([exitCode, report.moved, report.problems]).toEqual([1, 1, 2]);
    const messages = report.firstProblems.map((problem) => problem.message).toSorted();
    expect(messages).toEqual([
      "t.json has the same name. Move one of them to another folder.",
      "t.jsonl has the same name. Move one of them to another folder.",
    ]);
    expect(await load("twins.db", "t")).toBeUndefined();
  });

  it("imports the histories of FileHistoryProvider, and leaves out damaged messages", async () => {
    const message = (text: string): object => ({
      type: "message",
      role: "user",
      contents: [{ type: "text", text }],
    });
    const good = jsonLinesOf([message("one"), message("two 日本 👩‍🚀")]);
    await put(join(folder(), "history/good.jsonl"), good);
    await put(
      join(folder(), "history/bad.jsonl"),
      `{"type":\n\n${good}${JSON.stringify({ ...message("x"), contents: 1 })}\n{"type":"message","role":1,"contents":[]}\n"x"\n`,
    );
    const { exitCode, report } = await transferIn(
      folder(),
      "import",
      "history",
      "sqlite:history.db",
      ...FORMAT,
    );
    expect([exitCode, report.moved, report.failed]).toEqual([1, 2, 0]);
    const place = join(folder(), "history/bad.jsonl");
    expect(report.firstProblems.map((problem) => [problem.place, problem.line])).toEqual(
      expect.arrayContaining([1, 5, 6, 7].map((line) => [place, line])),
    );
    expect(report.problems).toBe(4);
    for (const id of ["good", "bad"]) expect((await load("history.db", id))?.["messages"]).toHaveLength(2);
    await transferIn(folder(), "export", "sqlite:history.db", "history-out", ...FORMAT);
    const copy = await readFile(join(folder(), "history-out/good.jsonl"), "utf8");
    expect(copy.trim().split("\n").map(compact)).toEqual(good.trim().split("\n").map(compact));
  });

  it("exports threads of our agents only with a shape, and leaves out all others", async () => {
    const { thread } = readAgentFrameworkThread(pythonSession("Hi"));
    const { agentFramework: _, ...own } = thread;
    await withStore(join(folder(), "own.db"), async (store) => {
      await store.save("own", own);
      await store.save("other", { messages: [] });
    });
    const command = ["export", "sqlite:own.db", "own-out", ...FORMAT];
    const refused = await transferIn(folder(), ...command);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining("`--shape`")]);
    const { exitCode, report } = await transferIn(folder(), ...command, "--shape", "python-session");
    expect([exitCode, report.moved, report.other]).toEqual([0, 1, 1]);
    const text = await readFile(join(folder(), "own-out/own.json"), "utf8");
    expect(JSON.parse(text)).toMatchObject({ type: "session", session_id: "own" });
    expect(await transferIn(folder(), ...command, "--shape", "python-session")).toMatchObject({
      report: { present: 1 },
    });
    expect(writeAgentFrameworkThread(own, { to: "python-session", sessionId: "own" }).text).toBe(text);
  });

  it.each<[name: string, content: string | Buffer, message: RegExp]>([
    ["an empty object", "{}", /SHAPE_UNKNOWN/u],
    ["an array", "[]", /SHAPE_UNKNOWN/u],
    ["an empty file", "", /THREAD_INVALID/u],
    ["half of an object", "{", /THREAD_INVALID/u],
    ["a session whose state is a number", '{"stateBag":1}', /THREAD_INVALID|SHAPE_UNKNOWN/u],
    ["members of two shapes", '{"type":"session","stateBag":{}}', /SHAPE_UNKNOWN/u],
    [
      "messages in an object",
      '{"stateBag":{"InMemoryChatHistoryProvider":{"messages":{}}}}',
      /THREAD_INVALID/u,
    ],
    [
      "a message that is a number",
      '{"stateBag":{"InMemoryChatHistoryProvider":{"messages":[1]}}}',
      /THREAD_INVALID/u,
    ],
    ["deep nesting", `{"stateBag":${"[".repeat(5000)}${"]".repeat(5000)}}`, /THREAD_INVALID/u],
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), /It is not UTF-8/u],
  ])("reports a file with %s, and imports the other files", async (name, content, message) => {
    const source = name.replaceAll(" ", "-");
    await put(join(folder(), source, "bad.json"), content);
    await put(join(folder(), source, "good.json"), pythonSession("Hi"));
    const { exitCode, report } = await transferIn(
      folder(),
      "import",
      source,
      `sqlite:${source}.db`,
      ...FORMAT,
    );
    expect([exitCode, report.moved, report.failed]).toEqual([1, 1, 1]);
    expect(report.firstProblems).toEqual([
      expect.objectContaining({
        place: join(folder(), source, "bad.json"),
        message: expect.stringMatching(message) as string,
      }),
    ]);
  });

  it.each([
    [["import", "golden", "sqlite:x.db", "--keep-shape"], /--keep-shape needs --format/u],
    [["import", "golden", "sqlite:x.db", "--format", "claude", "--agent", "A"], /has no option --agent/u],
    [["export", "sqlite:kept.db", "x", ...FORMAT, "--shape", "java"], /Allowed choices/u],
    [["export", "sqlite:kept.db", "x.jsonl", "--dry-run"], /--dry-run needs --format/u],
    [["import", "golden", "sqlite:x.db", "--format", "agentframework"], /Allowed choices/u],
  ])("rejects %j", async (parameters, message) => {
    const { exitCode, stderr } = await runIn(folder(), parameters);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

const texts: ReadonlyMap<string, string> = new Map(
  await Promise.all(
    names.map(async (name): Promise<[string, string]> => [name, await readFile(join(GOLDEN, name), "utf8")]),
  ),
);

/** Returns a session of Python with messages of the user. */
function pythonSession(...messages: string[]): string {
  const contents = (text: string): object[] => [{ type: "text", text }];
  return JSON.stringify({
    type: "session",
    session_id: "s",
    service_session_id: null,
    state: {
      in_memory: {
        messages: messages.map((text) => ({ type: "message", role: "user", contents: contents(text) })),
      },
    },
  });
}
