// Draws the picture of docs/observability.md from a real turn: node examples/observability/draw-trace.ts
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LLMock } from "@copilotkit/aimock";
import { trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { createChatAgent, defineTool, openConversation } from "@threadstore/openai";
import { sqliteStore } from "@threadstore/sqlite";
import OpenAI from "openai";
import { ThreadStoreInstrumentation } from "./threadstore-instrumentation.ts";
import { drawTrace } from "./trace-picture.ts";

const spans = new InMemorySpanExporter();
const traces = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
traces.register();
new ThreadStoreInstrumentation().setTracerProvider(traces);
const tracer = trace.getTracer("server");

const model = await LLMock.create({ host: "127.0.0.1", port: 0, logLevel: "silent" });
model.on({ hasToolResult: false }, { toolCalls: [{ name: "weather", arguments: '{"city":"Rome"}' }] });
model.on({ hasToolResult: true }, { content: "Take sunglasses: the sky is blue." });

const folder = await mkdtemp(join(tmpdir(), "threadstore-trace-"));
const store = sqliteStore({ path: join(folder, "threads.db") });
const weather = defineTool<{ city: string }>({
  name: "weather",
  parameters: { type: "object", properties: { city: { type: "string" } } },
  run: ({ city }) => tracer.startActiveSpan("tool weather", (span) => (span.end(), `${city}: blue sky`)),
});
const client = new OpenAI({
  baseURL: `${model.url}/v1`,
  apiKey: "local",
  // Stands for the instrumentation of HTTP requests.
  fetch: (url, init) =>
    tracer.startActiveSpan("chat gpt-4o-mini", async (span) => {
      // As long as a fast model takes.
      await new Promise((resolve) => setTimeout(resolve, 25));
      return fetch(url, init).finally(() => span.end());
    }),
});
const agent = createChatAgent({ client, model: "gpt-4o-mini", tools: [weather] });

/** Answers one message within the span of its request. */
async function answer(id: string): Promise<readonly ReadableSpan[]> {
  spans.reset();
  await tracer.startActiveSpan(`POST /threads/${id}`, async (span) => {
    await openConversation({ agent, store, id, journal: true }).run("What is the weather in Rome?");
    span.end();
  });
  return spans.getFinishedSpans();
}

// The first turns open the database and compile the code. The fastest one is the least disturbed by other processes.
const turns: (readonly ReadableSpan[])[] = [];
for (let turn = 1; turn <= 30; turn += 1) turns.push(await answer("rome"));
const durationOf = (turn: readonly ReadableSpan[]): number => {
  const [seconds, nanoseconds] = turn.find((span) => span.parentSpanContext === undefined)?.duration ?? [
    0, 0,
  ];
  return seconds * 1e9 + nanoseconds;
};
const [fastest = []] = turns.toSorted((one, other) => durationOf(one) - durationOf(other));
await writeFile(join(import.meta.dirname, "../../docs/pictures/observability.svg"), drawTrace(fastest));
await Promise.all([store.close(), model.stop(), traces.shutdown()]);
await rm(folder, { recursive: true });
