import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { AgentApplication, TurnState } from "@microsoft/agents-hosting";
import { memoryStore } from "@threadstore/core";
import { expect, onTestFinished, test } from "vitest";
import { StorageError, threadStorage } from "./index.ts";
import { TestAdapter, turn } from "./turn.test-helper.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

test("the program counts messages, also those that arrive at the same time", async () => {
  const [, program = ""] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? [];
  // Inside this package, so that the package's name resolves.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "agent.ts");
  writeFileSync(file, program.replace('"agents.db"', JSON.stringify(join(folder, "agents.db"))));
  const { agent } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as {
    readonly agent: AgentApplication<TurnState>;
  };
  const adapter = new TestAdapter();
  await agent.run(turn(adapter));
  await Promise.all([agent.run(turn(adapter)), agent.run(turn(adapter)), agent.run(turn(adapter))]);
  await agent.run(turn(adapter));
  expect(adapter.replies.toSorted()).toEqual([1, 2, 3, 4, 5].map((number) => `Message ${number}`));
});

test("the documented thread can be read", async () => {
  const [, json = ""] = /^```json\n(.*?)^```$/ms.exec(readme) ?? [];
  const store = memoryStore();
  const key = "msteams/conversations/19:meeting/";
  await store.save(key, json);
  expect(await threadStorage({ store }).read([key])).toMatchObject({ [key]: { count: 2 } });
});

test("the table of errors lists exactly the existing codes", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
  expect(rows).toEqual(StorageError.codes);
});

test("the compatible versions are those of the package", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly peerDependencies: { readonly [name: string]: string };
  };
  expect(readme).toContain(
    `\`@microsoft/agents-hosting\` ${manifest.peerDependencies["@microsoft/agents-hosting"]}`,
  );
});
