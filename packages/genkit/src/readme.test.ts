import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { memoryStore } from "@threadstore/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { SnapshotError, threadSessionStore } from "./index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

/** A plugin with a model that stands in for Gemini. */
const PLUGIN = `
  import { genkitPluginV2, model } from "genkit/plugin";
  const answer = async ({ messages }) => {
    const prompts = messages.filter(({ role }) => role === "user");
    const text = prompts.length + ": " + prompts.at(-1).content[0].text;
    return { message: { role: "model", content: [{ text }] }, finishReason: "stop" };
  };
  export const googleAI = () =>
    genkitPluginV2({ name: "googleai", init: () => [model({ name: "googleai/gemini-2.5-flash" }, answer)] });
`;

test("the program runs, and a second run continues the session", async () => {
  const [, program = ""] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? [];
  // Inside this package, so that the package's name resolves.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "plugin.js"), PLUGIN);
  const file = join(folder, "example.ts");
  const local = program
    .replace('"@genkit-ai/google-genai"', '"./plugin.js"')
    .replace('"threads.db"', JSON.stringify(join(folder, "threads.db")));
  writeFileSync(file, local);
  const log = vi.spyOn(console, "log").mockReturnValue();
  const { argv } = process;
  onTestFinished(() => {
    log.mockRestore();
    process.argv = argv;
  });
  const prompt = "Now tell that joke in the voice of a pirate.";
  for (const [run, parameters] of [[], [prompt]].entries()) {
    process.argv = [process.execPath, file, ...parameters];
    await import(/* @vite-ignore */ `${pathToFileURL(file).href}?run=${run}`);
  }
  expect(log.mock.calls).toEqual([["1: Tell me a short pirate joke."], [`2: ${prompt}`]]);
});

test("the documented threads can be read", async () => {
  const [snapshot = "", session = ""] = [...readme.matchAll(/^```json\n(.*?)^```$/gms)].map(
    ([, json]) => json,
  );
  const store = memoryStore();
  const snapshotId = "0b9cbd0e-2a76-4e6f-8f5a-3f5b4c1d2e3f";
  await store.namespace("snapshots").save(snapshotId, snapshot);
  await store.namespace("sessions").save("support-4711", session);
  const sessions = threadSessionStore({ store });
  expect(await sessions.getSnapshot({ sessionId: "support-4711" })).toMatchObject({ snapshotId });
  await sessions.saveSnapshot("next", (current) => {
    expect(current).toBeUndefined();
    return { sessionId: "support-4711", parentId: snapshotId, createdAt: "2027-03-01T09:31:00.000Z" };
  });
  expect(await sessions.getSnapshot({ sessionId: "support-4711" })).toMatchObject({ snapshotId: "next" });
});

test("the table of errors lists exactly the existing codes", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
  expect(rows).toEqual(SnapshotError.codes);
});

test("the compatible versions are those of the package", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly peerDependencies: { readonly [name: string]: string };
  };
  expect(readme).toContain(`\`genkit\` ${manifest.peerDependencies["genkit"]}`);
});
