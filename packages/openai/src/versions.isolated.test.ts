import { createRequire } from "node:module";
import { describe, vi } from "vitest";
import { type ClientClass, testClient } from "./versions.test-helper.ts";

const require = createRequire(import.meta.url);

// The oldest version of each major that the peer range allows. The other tests run with the newest version.
const VERSIONS = [
  ["openai-5", () => import("openai-5"), () => import("openai-5/core/streaming")],
  ["openai-6", () => import("openai-6"), () => import("openai-6/core/streaming")],
] as const;

for (const [alias, loadClient, loadStreaming] of VERSIONS) {
  const { OpenAI } = await loadClient();
  vi.resetModules();
  vi.doMock("openai/core/streaming", loadStreaming);
  const agents = await import("./index.ts");
  describe(`${alias}, imported`, () => {
    testClient(agents, OpenAI);
  });
  describe(`${alias}, required`, () => {
    testClient(agents, (require(alias) as { OpenAI: ClientClass }).OpenAI);
  });
}
