import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { appendMessages } from "./server.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const ENTRY = { id: "a", parent_id: null, format: "f", content: {} };

it.each([
  ["elements[0]", "x"],
  ["elements[0]", null],
  ["elements[0]", []],
  ["elements[0]", { ...ENTRY, role: "system" }],
  ["elements[0].id", { ...ENTRY, id: "" }],
  ["elements[0].id", { ...ENTRY, id: 1 }],
  ["elements[0].id", { ...ENTRY, id: "x".repeat(257) }],
  ["elements[0].parent_id", { ...ENTRY, parent_id: 1 }],
  ["elements[0].parent_id", { ...ENTRY, parent_id: "" }],
  ["elements[0].parent_id", { id: "a", format: "f", content: {} }],
  ["elements[0].format", { ...ENTRY, format: null }],
  ["elements[0].content", { ...ENTRY, content: [] }],
  ["elements[0].content", { ...ENTRY, content: "text" }],
  ["elements[0].deleted", { id: "a", deleted: false }],
  ["elements[0].id", { deleted: true }],
  ["elements[0]", { ...ENTRY, deleted: true }],
])("names %s of %j", async (path, element) => {
  const response = appendMessages({ elements: [element] }) as Response;
  expect(response.status).toBe(422);
  const problem = (await response.json()) as { code: string; detail: string; type: string };
  expect(problem.code).toBe("MESSAGE_INVALID");
  expect(README).toContain(`<a id="${problem.type.split("packages/assistant-ui/README.md#")[1]}"></a>`);
  expect(problem.detail.startsWith(`\`${path}\` must be `)).toBe(true);
});

it("names the second element", async () => {
  const response = appendMessages({ elements: [ENTRY, "x"] }) as Response;
  expect(await response.json()).toMatchObject({ detail: "`elements[1]` must be an object, not a string." });
});

it("accepts messages and deletions", () => {
  const elements = [ENTRY, { ...ENTRY, id: "b", parent_id: "a" }, { id: "a", deleted: true }];
  expect(appendMessages({ elements })).toEqual({
    elements,
    create: { kind: "assistant-ui-messages", version: 1, messages: [] },
  });
});
