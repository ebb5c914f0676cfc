import { expectOutput, type Row } from "./row.ts";

const BODY = `
  const store = sqliteStore({ path: ":memory:" });
  await store.save("a", { messages: [] });
  expect((await store.load("a"))?.thread).toEqual({ messages: [] });
  const memory = memoryStore();
  await memory.save("a", {});
  await expect(memory.save("a", {})).rejects.toMatchObject({ code: "CONFLICT" });
  await store.close();
`;

const VM_MODULES = { NODE_OPTIONS: "--experimental-vm-modules" };

const MODULE_TEST = `
import { memoryStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
test("stores", async () => {${BODY}});
`;

/** A test of a page, which has the globals of a browser. */
const PAGE_TEST = `
import { memoryStore, ThreadStoreError } from "@threadstore/core";
test("stores", async () => {
  expect(document.title).toBe("");
  const store = memoryStore();
  const saved = await store.save("a", { text: "ü€😀" }, { metadata: { owner: "ann" } });
  await store.append("a", [{ role: "user" }], { key: "1" }).catch((error) => expect(error.code).toBe("INVALID_ARGUMENT"));
  const error = await store.save("a", {}).catch((cause) => cause);
  expect(ThreadStoreError.is(error, "CONFLICT")).toBe(true);
  expect((await store.load("a")).thread).toEqual({ text: "ü€😀" });
  expect((await store.listPage({ where: { owner: "ann" } })).threads).toHaveLength(1);
  await store.save("a", { text: "other" }, { previous: saved });
});
`;

const COMMONJS_TEST = `
const { memoryStore } = require("@threadstore/core");
const { sqliteStore } = require("@threadstore/sqlite");
test("stores", async () => {${BODY}});
`;

export const TEST_RUNNER_ROWS: readonly Row[] = [
  {
    area: "Test runners",
    name: "Vitest",
    tools: ["vitest"],
    proof: "a test with memory and SQLite",
    async check(workbench) {
      const project = await workbench.tools();
      await project.write("vitest/stores.test.mjs", `import { expect, test } from "vitest";\n${MODULE_TEST}`);
      const output = await project.succeed(project.bin("vitest"), ["run", "--root", "vitest"]);
      expectOutput(output, "1 passed");
    },
  },
  {
    area: "Test runners",
    name: "Jest, ES modules",
    tools: ["jest"],
    proof: "a test with memory and SQLite, with `NODE_OPTIONS=--experimental-vm-modules`",
    async check(workbench) {
      const project = await workbench.tools();
      await project.write("jest-esm/package.json", JSON.stringify({ type: "module" }));
      await project.write("jest-esm/stores.test.js", MODULE_TEST);
      const output = await project.succeed(project.bin("jest"), ["--rootDir", "jest-esm"], VM_MODULES);
      expectOutput(output, "1 passed");
    },
  },
  {
    area: "Test runners",
    name: "Jest, ES modules, jsdom",
    tools: ["jest"],
    proof: "a test with memory, with `NODE_OPTIONS=--experimental-vm-modules`",
    async check(workbench) {
      const project = await workbench.tools();
      await project.write("jest-jsdom/package.json", JSON.stringify({ type: "module" }));
      await project.write("jest-jsdom/stores.test.js", PAGE_TEST);
      const parameters = ["--rootDir", "jest-jsdom", "--env", "jsdom"];
      expectOutput(await project.succeed(project.bin("jest"), parameters, VM_MODULES), "1 passed");
    },
  },
  {
    area: "Test runners",
    name: "Jest, CommonJS",
    tools: ["jest"],
    proof: "a test with `require()`, on Node.js 24.9 or newer, with `NODE_OPTIONS=--experimental-vm-modules`",
    async check(workbench) {
      const project = await workbench.tools();
      await project.write("jest-cjs/package.json", "{}");
      await project.write("jest-cjs/stores.test.js", COMMONJS_TEST);
      const output = await project.succeed(project.bin("jest"), ["--rootDir", "jest-cjs"], VM_MODULES);
      expectOutput(output, "1 passed");
    },
  },
];
