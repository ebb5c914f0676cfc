import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { LLMock } from "@copilotkit/aimock";
import { expect, onTestFinished, test } from "vitest";
import { golden, messagesIn } from "./golden.test-helper.ts";
import { InterchangeError, type ReportKind } from "./index.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

test("the README's example continues a conversation of Python, and writes it for Python and C#", async () => {
  const mock = await LLMock.create({ port: 0, host: "127.0.0.1", logLevel: "silent" });
  onTestFinished(() => mock.stop());
  mock.onMessage("Now tell that joke in the voice of a pirate.", { content: "Arr!" });
  const folder = await mkdtemp(join(tmpdir(), "threadstore-readme-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "from-python.json"), golden("python-session-joke.json"));
  const [, example = ""] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? [];
  const program = example
    .replaceAll('"@threadstore/agent-framework"', JSON.stringify(new URL("index.ts", import.meta.url).href))
    .replaceAll('"@threadstore/openai"', JSON.stringify(import.meta.resolve("@threadstore/openai")))
    .replaceAll('"openai"', JSON.stringify(import.meta.resolve("openai")));
  const file = join(folder, "example.ts");
  await writeFile(file, program);
  const env = { ...process.env, OPENAI_BASE_URL: `${mock.url}/v1`, OPENAI_API_KEY: "k", NO_COLOR: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder, env });
  expect(stdout).toBe("python-session []\nArr!\n");

  const sent = mock.getRequests().map(({ body }) => (body as unknown as { messages: unknown[] }).messages);
  expect(sent).toEqual([
    [
      { role: "user", content: "Tell me a short pirate joke." },
      { role: "assistant", content: messagesIn(golden("python-session-joke.json")).flatMap(textsOf).at(-1) },
      { role: "user", content: "Now tell that joke in the voice of a pirate." },
    ],
  ]);
  const back = await readFile(join(folder, "back-to-python.json"), "utf8");
  expect(messagesIn(back).slice(0, 2)).toEqual(messagesIn(golden("python-session-joke.json")));
  expect(messagesIn(back).flatMap(textsOf).slice(2)).toEqual([
    "Now tell that joke in the voice of a pirate.",
    "Arr!",
  ]);
  const csharp = await readFile(join(folder, "to-csharp.json"), "utf8");
  expect(messagesIn(csharp).flatMap(textsOf)).toEqual(messagesIn(back).flatMap(textsOf));
  expect(csharp.match(/"contents":\[\{"\$type":"text"/g)).toHaveLength(4);
});

function textsOf(message: { [member: string]: unknown }): unknown[] {
  return (message["contents"] as { text: unknown }[]).map(({ text }) => text);
}

test("the README lists exactly the existing error codes and kinds of report entries", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(rows).toEqual(InterchangeError.codes);
  const kinds: { [Kind in ReportKind]: true } = {
    changed: true,
    edited: true,
    elsewhere: true,
    lost: true,
    preserved: true,
    repair: true,
    replaced: true,
  };
  const section = /## The report(.*?)^## /ms.exec(readme)?.[1] ?? "";
  expect([...section.matchAll(/^\| `([a-z]+)`/gm)].map(([, kind]) => kind)).toEqual(Object.keys(kinds));
});
