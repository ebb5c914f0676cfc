import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileSystemStore } from "@threadstore/file-system";
import { expect, it, onTestFinished } from "vitest";
import { startLocalModel } from "./demo/local-model.ts";

it("repair.ts repairs a store, a conversation that an agent resumes, and a thread of Agent Framework", async () => {
  const model = await startLocalModel();
  onTestFinished(() => model.stop());
  const folder = await mkdtemp(join(tmpdir(), "threadstore-repair-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const call = { id: "c1", type: "function", function: { name: "rhyme", arguments: "{}" } };
  const messages = [
    { role: "user", content: "Tell me a short pirate joke." },
    { role: "assistant", content: null, tool_calls: [call] },
    {
      role: "assistant",
      content: "Why is pirating so addictive? They say once ye lose yer first hand, ye get hooked!",
    },
  ];
  const thread = { format: "threadstore.thread", version: 1, kind: "chat", agent: "Joker", messages };
  const store = fileSystemStore({ folder: join(folder, "threads") });
  await store.save("pirate", thread);
  await store.close();
  const foreign = join(folder, "foreign.json");
  await writeFile(
    foreign,
    '{"stateBag":{"InMemoryChatHistoryProvider":{"messages":[{"role":"tool","contents":[{"$type":"functionResult","callId":"c1","result":"x"}]}]}}}',
  );

  const program = join(import.meta.dirname, "repair.ts");
  const env = { ...process.env, OPENAI_BASE_URL: model.url, OPENAI_API_KEY: "local" };
  const { stdout } = await promisify(execFile)(process.execPath, [program, foreign], { cwd: folder, env });
  expect(stdout).toContain(
    "pirate $.messages[1].tool_calls[0] result-missing: The call does not have a result.\n",
  );
  expect(stdout).toContain("Arrr! Why be piratin' so addictive");
  expect(stdout).toContain(
    "messages[0].contents[0]: The result does not answer any call. A repair drops it.",
  );
  expect(await readFile(foreign, "utf8")).toBe(
    '{"stateBag":{"InMemoryChatHistoryProvider":{"messages":[]}}}',
  );
  const repaired = fileSystemStore({ folder: join(folder, "threads") });
  const saved = (await repaired.load("pirate"))?.thread["messages"];
  expect(saved).toMatchObject([
    { role: "user" },
    { role: "assistant" },
    { role: "tool" },
    { role: "assistant" },
  ]);
  await repaired.close();
});
