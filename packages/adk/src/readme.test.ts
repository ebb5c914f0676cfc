import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { memoryStore } from "@threadstore/core";
import { expect, onTestFinished, test } from "vitest";
import { SessionServiceError, ThreadStoreSessionService } from "./index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [program = ""] = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

/** The SDK with a local model instead of Gemini. */
const SDK = `
  import { LlmAgent as SdkAgent } from "@google/adk";
  import { EchoModel } from "../model.test-helper.js";
  export { Runner } from "@google/adk";
  export class LlmAgent extends SdkAgent {
    constructor(options) {
      super({ ...options, model: new EchoModel() });
    }
  }
`;

test("the program runs, and a second process continues the session", async () => {
  // Inside this package, so that the packages' names resolve.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  const cwd = mkdtempSync(join(tmpdir(), "threadstore-adk-"));
  onTestFinished(() => [folder, cwd].forEach((each) => rmSync(each, { recursive: true })));
  writeFileSync(join(folder, "sdk.js"), SDK);
  const file = join(folder, "program.ts");
  writeFileSync(file, program.replace('"@google/adk"', '"./sdk.js"'));
  const run = async (...parameters: string[]) =>
    (await promisify(execFile)(process.execPath, [file, ...parameters], { cwd })).stdout;
  expect(await run()).toBe("1: Tell me a short pirate joke.\n");
  const prompt = "Now tell that joke in the voice of a pirate.";
  expect(await run(prompt)).toBe(`3: ${prompt}\n`);
});

test("the documented thread can be read", async () => {
  const [, json = ""] = /^```json\n(.*?)^```$/ms.exec(readme) ?? [];
  const store = memoryStore();
  await store.namespace("app").namespace("ann").save("s", json);
  const service = new ThreadStoreSessionService({ store });
  const session = await service.getSession({ appName: "app", userId: "ann", sessionId: "s" });
  expect(session?.events).toHaveLength(1);
  expect({ ...session?.state }).toEqual({ language: "en" });
});

test("the table of errors lists exactly the existing codes", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(rows).toEqual(SessionServiceError.codes);
});
