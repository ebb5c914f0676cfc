import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { memoryStore } from "@threadstore/core";
import { expect, onTestFinished, test } from "vitest";
import { strandsStorage, StrandsStorageError } from "./index.ts";
import { textOf } from "./kit.test-helper.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [program = ""] = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

/** The SDK with a local model as the default. */
const SDK = `
  import { Agent as SdkAgent } from "@strands-agents/sdk";
  import { EchoModel } from "../model.test-helper.js";
  export { SessionManager } from "@strands-agents/sdk";
  export class Agent extends SdkAgent {
    constructor(options) {
      super({ ...options, model: new EchoModel() });
    }
  }
`;

test("the program runs, and a second process resumes the session", async () => {
  // Inside this package, so that the packages' names resolve.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  const cwd = mkdtempSync(join(tmpdir(), "threadstore-strands-"));
  onTestFinished(() => [folder, cwd].forEach((each) => rmSync(each, { recursive: true })));
  writeFileSync(join(folder, "sdk.js"), SDK);
  const file = join(folder, "program.ts");
  writeFileSync(file, program.replace('"@strands-agents/sdk"', '"./sdk.js"'));
  const run = async (...parameters: string[]) =>
    (await promisify(execFile)(process.execPath, [file, ...parameters], { cwd })).stdout;
  expect(await run()).toBe("1: Tell me a short pirate joke.\n");
  const prompt = "Now tell that joke in the voice of a pirate.";
  expect(await run(prompt)).toBe(`3: ${prompt}\n`);
});

test("the documented thread can be read", async () => {
  const [, json = ""] = /^```json\n(.*?)^```$/ms.exec(readme) ?? [];
  const store = memoryStore();
  await store.save("key", json);
  const value = textOf(await strandsStorage({ store }).read("key")) ?? "";
  expect(JSON.parse(value)).toMatchObject({ scope: "agent" });
});

test("the table of errors lists exactly the existing codes", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(rows).toEqual(StrandsStorageError.codes);
});
