import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  Agent,
  type AgentInputItem,
  assistant,
  MemorySession,
  Runner,
  tool,
  user,
} from "@openai/agents-core";
import { ScriptedModel } from "@openai/agents-core/testing";
import { threadSession } from "@threadstore/openai-agents";
import { describe, expect, it } from "vitest";
import { runIn, temporaryFolder } from "../../cli/cli.test-helper.ts";
import { filesOf, jsonLinesOf, put, transferIn, withStore } from "../formats.test-helper.ts";

const folder = temporaryFolder();
const IMPORT = ["--format", "openai-agents"];

const call: AgentInputItem = {
  type: "function_call",
  callId: "c1",
  name: "lookup",
  arguments: '{"order":"4711"}',
};

/** An agent that calls a tool and answers. */
function agentThatAnswers(): Agent {
  const lookup = tool({
    name: "lookup",
    description: "Looks up an order.",
    strict: false,
    parameters: { type: "object", properties: {}, required: [], additionalProperties: true },
    execute: async () => "Shipped 日本 👩‍🚀",
  });
  const model = new ScriptedModel([[call], [assistant("It was shipped.")], [assistant("Welcome.")]]);
  return new Agent({ name: "Assistant", model, tools: [lookup] });
}

/** Returns the items that the SDK's runner stores in a session of the SDK. */
async function itemsOfRun(): Promise<AgentInputItem[]> {
  const session = new MemorySession();
  await new Runner({ tracingDisabled: true }).run(agentThatAnswers(), "Where is 4711?", { session });
  return session.getItems();
}

const sessionIn = <Result>(
  name: string,
  id: string,
  work: (session: ReturnType<typeof threadSession>) => Promise<Result>,
): Promise<Result> => withStore(join(folder(), name), async (store) => work(threadSession({ store, id })));

describe("the format openai-agents", () => {
  it("imports the items of a run, with which the runner continues", async () => {
    const items = await itemsOfRun();
    await put(join(folder(), "run/4711.jsonl"), jsonLinesOf(items));
    const command = ["import", "run", "sqlite:run.db", ...IMPORT];
    expect(await transferIn(folder(), ...command)).toMatchObject({
      exitCode: 0,
      stderr: "",
      report: { moved: 1 },
    });
    const model = new ScriptedModel([[assistant("Welcome.")]]);
    const agent = new Agent({ name: "Assistant", model });
    await sessionIn("run.db", "4711", async (session) => {
      expect(await session.getItems()).toEqual(items);
      await new Runner({ tracingDisabled: true }).run(agent, "Thanks", { session });
      expect(model.calls[0]?.request.input).toEqual(
        [...items, { ...user("Thanks"), content: "Thanks" }].map(withoutUndefined),
      );
    });
    // The session went on in the store.
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 0, report: { present: 1 } });
  });

  it("reads sessions that are JSON arrays, and continues stored ones", async () => {
    const items = await itemsOfRun();
    const file = join(folder(), "array.json");
    const command = ["import", "array.json", "sqlite:array.db", ...IMPORT];
    await put(file, JSON.stringify(items.slice(0, 2)));
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 0, report: { moved: 1 } });
    await put(file, JSON.stringify(items));
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 0, report: { moved: 1 } });
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 0, report: { present: 1 } });
    await sessionIn("array.db", "array", async (session) => expect(await session.getItems()).toEqual(items));
    await put(file, JSON.stringify([user("Another question")]));
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 1, report: { different: 1 } });
    await sessionIn("array.db", "array", async (session) => expect(await session.getItems()).toEqual(items));
    expect(await transferIn(folder(), ...command, "--overwrite", "--yes")).toMatchObject({
      exitCode: 0,
      report: { moved: 1 },
    });
    await sessionIn("array.db", "array", async (session) =>
      expect(await session.getItems()).toEqual([user("Another question")]),
    );
  });

  it("keeps other threads of the store, and leaves them out of exports", async () => {
    await withStore(join(folder(), "other.db"), async (store) => {
      await store.save("chat", { messages: [] });
      await threadSession({ store, id: "session" }).addItems([user("Hi")]);
    });
    await put(join(folder(), "other/chat.jsonl"), jsonLinesOf([user("Hi")]));
    const imported = await transferIn(folder(), "import", "other", "sqlite:other.db", ...IMPORT);
    expect(imported).toMatchObject({ exitCode: 1, report: { different: 1 } });
    const exported = await transferIn(folder(), "export", "sqlite:other.db", "other-out", ...IMPORT);
    expect(exported).toMatchObject({ exitCode: 0, report: { moved: 1, other: 1 } });
    expect(await filesOf(join(folder(), "other-out"))).toEqual(["session.jsonl"]);
  });
});

/** Ids and namespaces that are hostile as names of files. */
const HOSTILE = [
  "..",
  ".",
  "../../escaped",
  "/etc/passwd",
  "C:\\Windows\\x",
  "a/../../b",
  "%2e%2e%2f",
  "con",
  "NUL.txt",
  ".hidden",
  "trailing.",
  "x.jsonl",
  "name\nwith\u001b[31m lines",
  "日本 👩‍🚀",
  "e\u0301",
  "\u00e9",
  "Case",
  "case",
  "a".repeat(300),
  `${"a".repeat(50)}..${".".repeat(90)}`,
  `${"a".repeat(49)}%${"/".repeat(100)}`,
  "-rf",
  "~",
  "a%",
];

describe("names", () => {
  it("of any session are files in the folder, from which the import restores them", async () => {
    const ids = HOSTILE.filter((id) => Buffer.byteLength(id) <= 512);
    const namespaces: string[][] = [[], [".."], ["x.jsonl"], ["../..", "C:"], ["日本", "a".repeat(200)]];
    await withStore(join(folder(), "hostile.db"), async (store) => {
      for (const names of namespaces) {
        const view = names.reduce((parent, name) => parent.namespace(name), store);
        for (const id of ids) await threadSession({ store: view, id }).addItems([user(`in ${id}`)]);
      }
    });
    const before = await filesOf(folder());
    const command = ["export", "sqlite:hostile.db", "hostile/out", ...IMPORT];
    const { exitCode, report } = await transferIn(folder(), ...command);
    expect([exitCode, report.moved]).toEqual([0, ids.length * namespaces.length]);
    const files = (await filesOf(folder())).filter((path) => !before.includes(path));
    expect(files).toHaveLength(ids.length * namespaces.length);
    expect(files.filter((path) => !path.startsWith("hostile/out/"))).toEqual([]);
    expect(files.filter((path) => path.split("/").some((name) => name.length > 255))).toEqual([]);
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 0, report: { moved: 0 } });

    await transferIn(folder(), "import", "hostile/out", "sqlite:restored.db", ...IMPORT);
    await runIn(folder(), ["export", "sqlite:hostile.db", "hostile.jsonl"]);
    await runIn(folder(), ["export", "sqlite:restored.db", "restored.jsonl"]);
    expect(await threadsOf("restored.jsonl")).toEqual(await threadsOf("hostile.jsonl"));
  });
});

/** Returns the place and text of each thread of an export. */
async function threadsOf(file: string): Promise<string[]> {
  const lines = (await readFile(join(folder(), file), "utf8")).trim().split("\n").slice(0, -1);
  return lines
    .map((line) => JSON.parse(line) as { namespaces: string[]; id: string; thread: object })
    .map(({ namespaces, id, thread }) => JSON.stringify([namespaces, id, thread]))
    .toSorted();
}

function withoutUndefined(item: AgentInputItem): AgentInputItem {
  return JSON.parse(JSON.stringify(item)) as AgentInputItem;
}

const GOOD = jsonLinesOf([user("first")]);
const LAST = jsonLinesOf([assistant("last")]);

/** Lines that are not items, by their number in the file, with the path that is reported. */
const MALFORMED: readonly [name: string, line: string | Uint8Array, path: string][] = [
  ["half of an object", '{"role":"user"', "$"],
  ["an array", "[]", "$"],
  ["null", "null", "$"],
  ["a string", '"text"', "$"],
  ["a number", "1", "$"],
  ["two objects", "{} {}", "$"],
  ["text", "hello", "$"],
  ["a byte order mark within", "{}\ufeff", "$"],
  ["invalid UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "$"],
  ["UTF-16", Buffer.from("{}", "utf16le"), "$"],
  ["zero bytes", Buffer.alloc(64), "$"],
  ["an object without a role", "{}", "$.role"],
  ["an empty role", '{"role":"","content":"x"}', "$.role"],
  ["content that is a number", '{"role":"user","content":1}', "$.content"],
  ["a part that is a string", '{"role":"user","content":["x"]}', "$.content[0]"],
  ["a part without a type", '{"role":"user","content":[{"text":"x"}]}', "$.content[0].type"],
  ["an empty type", '{"type":""}', "$.type"],
  ["a call without an id", '{"type":"function_call","name":"x","arguments":"{}"}', "$.callId"],
  ["a call without arguments", '{"type":"function_call","callId":"1","name":"x"}', "$.arguments"],
  ["a result without a call", '{"type":"function_call_result","output":"x"}', "$.callId"],
  ["deep nesting", `{"type":"x","x":${"[".repeat(2000)}${"]".repeat(2000)}}`, "$"],
  [
    "a result of the SDK for Python",
    '{"type":"function_call_output","call_id":"c","output":"x"}',
    "$.call_id",
  ],
  ["reasoning of the SDK for Python", '{"type":"reasoning","id":"r","summary":[]}', "$.summary"],
  [
    "an image of the SDK for Python",
    '{"role":"user","content":[{"type":"input_text","text":"x"},{"type":"input_image","image_url":"x"}]}',
    "$.content[1].image_url",
  ],
  [
    "a file of the SDK for Python",
    '{"role":"user","content":[{"type":"input_file","file_id":"x"}]}',
    "$.content[0].file_id",
  ],
  ["a number that is too large", '{"type":"x","x":1e400}', "$.x"],
];

describe("a damaged line", () => {
  it.each(MALFORMED)("with %s is reported, and the others are imported", async (name, line, path) => {
    const id = name.replaceAll(" ", "-");
    const bytes = typeof line === "string" ? Buffer.from(line) : line;
    const content = [Buffer.from(`${GOOD}\n`), bytes, Buffer.from(`\n${LAST}`)];
    await put(join(folder(), `damaged/${id}.jsonl`), Buffer.concat(content));
    const source = join("damaged", `${id}.jsonl`);
    const { exitCode, report } = await transferIn(folder(), "import", source, "sqlite:bad.db", ...IMPORT);
    expect([exitCode, report.moved, report.problems]).toEqual([1, 1, 1]);
    const place = join(folder(), source);
    expect(report.firstProblems).toEqual([{ place, line: 3, path, message: expect.any(String) as string }]);
    await sessionIn("bad.db", id, async (session) =>
      expect(await session.getItems()).toEqual([user("first"), assistant("last")].map(withoutUndefined)),
    );
  });

  it("leaves the other sessions of the folder, and is printed with its place", async () => {
    await put(join(folder(), "mixed/good.jsonl"), GOOD);
    await put(join(folder(), "mixed/bad.json"), "{");
    await put(join(folder(), "mixed/object.json"), "{}");
    await put(join(folder(), "mixed/items.json"), '[{"role":"user","content":"x"},{"role":"user"},null]');
    const { exitCode, stdout, stderr } = await runIn(folder(), [
      "import",
      "mixed",
      "sqlite:mixed.db",
      ...IMPORT,
    ]);
    expect([exitCode, stdout]).toEqual([
      1,
      expect.stringMatching(/^Imported 2 sessions into sqlite:mixed\.db\./u),
    ]);
    const lines = stderr
      .trim()
      .split("\n")
      .map((each) => each.slice(folder().length + "/mixed/".length));
    expect(lines.toSorted()).toEqual([
      "bad.json: $: It is not JSON.",
      "items.json: $[1].content: `$.content` must be a string or an array of parts, but is missing.",
      "items.json: $[2]: It is not an item.",
      "object.json: $: It is not an array of items.",
    ]);
  });

  it.each([
    ["a file that does not exist", ["nothing.jsonl"], /cannot be read \(ENOENT\)/u],
    ["a file of another type", ["bad.db"], /must end with \.jsonl or \.json/u],
  ])("does not matter for %s", async (_, source, message) => {
    const { exitCode, stderr } = await runIn(folder(), ["import", ...source, "sqlite:none.db", ...IMPORT]);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
