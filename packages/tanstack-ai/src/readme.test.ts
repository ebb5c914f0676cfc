import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

/** Stands in for the adapter of a model. */
const MODEL = `
  export const model = {
    kind: "text",
    name: "test",
    model: "test",
    async *chatStream({ runId, threadId }) {
      const base = { timestamp: 0, model: "test", runId, threadId };
      yield { ...base, type: "RUN_STARTED" };
      yield { ...base, type: "TEXT_MESSAGE_START", messageId: "m", role: "assistant" };
      yield { ...base, type: "TEXT_MESSAGE_CONTENT", messageId: "m", delta: "Ahoy!" };
      yield { ...base, type: "TEXT_MESSAGE_END", messageId: "m" };
      yield { ...base, type: "RUN_FINISHED", finishReason: "stop" };
    },
  };
`;

test("the handler answers, and replays the answer for its user", async () => {
  const [, program = ""] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? [];
  // Inside this package, so that the packages' names resolve.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "model.ts"), MODEL);
  const file = join(folder, "example.ts");
  writeFileSync(file, program.replace('"threads.db"', JSON.stringify(join(folder, "threads.db"))));
  const { handler } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as {
    readonly handler: (request: Request) => Promise<Response>;
  };
  const address = "http://localhost/api/chat?runId=r";
  const headers = { "x-user": "ann", "content-type": "application/json", "x-run-id": "r" };
  const body = JSON.stringify({
    threadId: "t",
    runId: "r",
    state: {},
    messages: [{ id: "q", role: "user", content: "Hello" }],
    tools: [],
    context: [],
    forwardedProps: {},
  });
  const answer = await handler(new Request(address, { method: "POST", headers, body }));
  const text = await answer.text();
  expect(text).toContain("Ahoy!");
  const replay = await handler(new Request(`${address}&offset=-1`, { headers }));
  expect(await replay.text()).toBe(text);
  const [, offset = ""] = /^id: (.*)$/mu.exec(text) ?? [];
  const rest = await handler(new Request(address, { headers: { ...headers, "last-event-id": offset } }));
  expect(text.endsWith(await rest.text())).toBe(true);
  const other = await handler(new Request(`${address}&offset=-1`, { headers: { "x-user": "bob" } }));
  expect(await other.text()).not.toContain("Ahoy!");
  expect((await handler(new Request(address))).status).toBe(401);
});

test("the compatible versions are those of the package", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly peerDependencies: { readonly [name: string]: string };
  };
  expect(readme).toContain(`\`@tanstack/ai\` ${manifest.peerDependencies["@tanstack/ai"]}`);
});
