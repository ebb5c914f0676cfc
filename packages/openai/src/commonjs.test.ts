import { createRequire } from "node:module";
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import * as agents from "./index.ts";
import { type ClientClass, testClient } from "./versions.test-helper.ts";

// An application that uses `require` has another copy of the vendor's classes than this package, which imports them.
const { OpenAI: RequiredOpenAI } = createRequire(import.meta.url)("openai") as { OpenAI: ClientClass };

describe("a client of the copy for `require`", () => {
  test("is of another class", () => {
    expect(RequiredOpenAI).not.toBe(OpenAI);
  });

  testClient(agents, RequiredOpenAI);
});
