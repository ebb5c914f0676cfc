import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { AgentError } from "./index.ts";
import { sentMessages, startMock } from "./model-server.test-helper.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? "");

/** Runs an example of the README in a separate process, with the package's source. */
async function runExample(source: string, folder: string, modelUrl: string): Promise<string> {
  const program = source
    .replaceAll('"@threadstore/openai"', JSON.stringify(new URL("index.ts", import.meta.url).href))
    .replaceAll(
      '"@threadstore/openai/tools"',
      JSON.stringify(new URL("responses/tools/index.ts", import.meta.url).href),
    )
    .replaceAll('"openai"', JSON.stringify(import.meta.resolve("openai")))
    .replaceAll('"zod"', JSON.stringify(import.meta.resolve("zod")));
  const file = join(folder, "example.ts");
  await writeFile(file, program);
  const env = { ...process.env, OPENAI_BASE_URL: `${modelUrl}/v1`, OPENAI_API_KEY: "k", NO_COLOR: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, [pathToFileURL(file).pathname], {
    cwd: folder,
    env,
  });
  return stdout;
}

test("the first example of the README runs, and the second continues the conversation", async () => {
  const mock = await startMock();
  mock.onMessage("Tell me a short pirate joke.", { content: "Lost at C." });
  mock.onMessage("Now tell that joke in the voice of a pirate.", { content: "Arr!" });
  const folder = await mkdtemp(join(tmpdir(), "threadstore-readme-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [first = "", second = ""] = examples;
  expect(first.trim().split("\n").length).toBeLessThanOrEqual(10);
  expect(await runExample(first, folder, mock.url)).toBe("Lost at C.\n");
  expect(await runExample(second, folder, mock.url)).toBe("Arr!\n");
  expect(sentMessages(mock).map(({ length }) => length)).toEqual([2, 4]);
});

test("the tool example of the README runs", async () => {
  const mock = await startMock();
  mock.on({ hasToolResult: true }, { content: "Blue skies in Rome." });
  mock.onMessage("Rome", { toolCalls: [{ name: "weather", arguments: '{"city":"Rome"}' }] });
  const folder = await mkdtemp(join(tmpdir(), "threadstore-readme-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const output = await runExample(examples[2] ?? "", folder, mock.url);
  expect(output).toBe("[weather] Blue skies in Rome.\n");
  expect(sentMessages(mock)[1]?.at(-1)).toMatchObject({ role: "tool", content: "Rome: blue sky" });
});

test("the approval example of the README runs, and the second run resumes it", async () => {
  const mock = await startMock();
  mock.on({ hasToolResult: true }, { content: "Refunded." });
  mock.onMessage("Refund order 7", {
    toolCalls: [{ id: "c1", name: "refund", arguments: '{"order":"7","euros":80}' }],
  });
  const folder = await mkdtemp(join(tmpdir(), "threadstore-readme-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const example = examples[3] ?? "";
  expect(await runExample(example, folder, mock.url)).toBe(
    'May it call refund with {"order":"7","euros":80}?\n',
  );
  expect(sentMessages(mock)).toHaveLength(1);
  expect(await runExample(example, folder, mock.url)).toBe("Refunded.\n");
  expect(sentMessages(mock)[1]?.at(-1)).toMatchObject({
    content: expect.stringMatching(/^80 euros for order 7: receipt [\w.-]+$/) as string,
  });
});

test("the context example of the README runs", async () => {
  const mock = await startMock();
  mock.onMessage("Hello.", { content: "Hello." });
  mock.onMessage("Do you know me?", { content: "Yes." });
  const folder = await mkdtemp(join(tmpdir(), "threadstore-readme-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  expect(await runExample(examples[4] ?? "", folder, mock.url)).toBe("Yes.\n");
  expect(sentMessages(mock).map(([first]) => first)).toEqual([
    { role: "system", content: "The user was here 0 times before." },
    { role: "system", content: "The user was here 1 times before." },
  ]);
});

test("the Responses API example of the README runs", async () => {
  const mock = await startMock();
  mock.onMessage("Tell me a short pirate joke.", { content: "Lost at C." });
  mock.onMessage("Now tell that joke in the voice of a pirate.", { content: "Arr!" });
  const folder = await mkdtemp(join(tmpdir(), "threadstore-readme-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const example = examples.find((code) => code.includes("createResponsesAgent")) ?? "";
  expect(await runExample(example, folder, mock.url)).toBe("Arr!\n");
});

test("the example of the README with tools other than functions runs", async () => {
  const mock = await startMock();
  mock.onMessage("How many orders are there?", { content: "Three." });
  const folder = await mkdtemp(join(tmpdir(), "threadstore-readme-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const example = examples.find((code) => code.includes("customTool")) ?? "";
  expect(await runExample(example, folder, mock.url)).toBe("Three.\n");
});

test("the README lists every error code", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(rows).toEqual(AgentError.codes);
});
