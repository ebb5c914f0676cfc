import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  ThreadStoreInstrumentation,
  type ThreadStoreInstrumentationConfig,
} from "./threadstore-instrumentation.ts";

const spans = new InMemorySpanExporter();
const traces = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const metrics = new InMemoryMetricExporter(AggregationTemporality.DELTA);
const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 2 ** 31 - 1 });
const meters = new MeterProvider({ readers: [reader] });

let instrumentation: ThreadStoreInstrumentation;
let store: ThreadStore;

function instrument(config?: ThreadStoreInstrumentationConfig): void {
  instrumentation = new ThreadStoreInstrumentation(config);
  instrumentation.setTracerProvider(traces);
  instrumentation.setMeterProvider(meters);
}

beforeEach(() => {
  traces.register();
  store = memoryStore();
});

afterEach(async () => {
  instrumentation.disable();
  trace.disable();
  context.disable();
  await meters.forceFlush();
  spans.reset();
  metrics.reset();
});

const byName = (): Map<string, ReadableSpan> =>
  new Map(spans.getFinishedSpans().map((span) => [span.name, span]));

it("makes a span of each call, within the active span", async () => {
  instrument();
  const tracer = traces.getTracer("test");
  await tracer.startActiveSpan("request", async (request) => {
    await store.save("a", { messages: [] });
    await store.load("a");
    request.end();
  });
  const save = byName().get("threadstore save");
  expect(save?.parentSpanContext?.spanId).toBe(byName().get("request")?.spanContext().spanId);
  expect(save?.attributes).toEqual({
    "threadstore.operation": "save",
    "threadstore.store": "memory",
    "threadstore.requests": 1,
    "threadstore.size": 15,
  });
  expect(byName().get("threadstore load")?.attributes["threadstore.requests"]).toBe(1);
});

it.each<[string, SpanStatusCode, () => Promise<unknown>]>([
  ["CONFLICT", SpanStatusCode.UNSET, () => store.save("a", {}, { previous: "1" })],
  ["ABORTED", SpanStatusCode.UNSET, () => store.load("a", { signal: AbortSignal.abort() })],
  ["INVALID_ARGUMENT", SpanStatusCode.ERROR, () => store.save("", {})],
  [
    "TOO_LARGE",
    SpanStatusCode.ERROR,
    () => memoryStore({ maxThreadBytes: 10 }).save("a", { text: "canary" }),
  ],
  ["CLOSED", SpanStatusCode.ERROR, async () => (await store.close(), store.load("a"))],
])("reports the outcome %s", async (outcome, status, call) => {
  instrument();
  await expect(call()).rejects.toBeInstanceOf(Error);
  const [span] = spans.getFinishedSpans();
  expect(span?.attributes["error.type"]).toBe(outcome);
  expect(span?.status.code).toBe(status);
  expect(span?.status.message ?? ".").toMatch(/\.$/u);
});

it("keeps parallel calls apart", async () => {
  instrument();
  const tracer = traces.getTracer("test");
  const names = Array.from({ length: 20 }, (_, index) => `request ${index}`);
  await Promise.all(
    names.map((name) =>
      tracer.startActiveSpan(name, async (request) => {
        await store.save(name, { name: "x".repeat(name.length * 100) });
        request.end();
      }),
    ),
  );
  const all = spans.getFinishedSpans();
  const parents = names.map((name) => all.find((span) => span.name === name)?.spanContext().spanId);
  const saves = all.filter(({ name }) => name === "threadstore save");
  expect(saves).toHaveLength(names.length);
  expect(new Set(saves.map(({ parentSpanContext }) => parentSpanContext?.spanId))).toEqual(new Set(parents));
});

it("exports contents never, and names only on request", async () => {
  const secret = "canary";
  const run = async (): Promise<string> => {
    const tenant = store.namespace("tenant-7");
    await tenant.save("ann@example.org", { secret }, { overwrite: true, metadata: { secret } });
    await tenant.save("ann@example.org", { secret }).catch(() => undefined);
    await meters.forceFlush();
    return JSON.stringify([
      spans
        .getFinishedSpans()
        .map(({ name, attributes, events, status }) => [name, attributes, events, status]),
      metrics.getMetrics(),
    ]);
  };
  instrument();
  const withoutNames = await run();
  expect(withoutNames).toContain("threadstore.call.duration");
  for (const name of ["tenant-7", "ann", secret]) expect(withoutNames).not.toContain(name);
  instrumentation.disable();
  metrics.reset();
  instrument({ names: true });
  const withNames = await run();
  expect(withNames).toContain('"threadstore.namespace":"tenant-7","threadstore.id":"ann@example.org"');
  expect(withNames).not.toContain(secret);
  expect(JSON.stringify(metrics.getMetrics())).not.toContain("ann");
});

it("counts calls, requests and bytes", async () => {
  instrument();
  await store.save("a", { messages: [] });
  await store.save("a", {}).catch(() => undefined);
  await meters.forceFlush();
  const exported = metrics
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: list }) => list));
  const counts = exported.map(({ descriptor, dataPoints }) => [
    descriptor.name,
    descriptor.unit,
    dataPoints.map(({ attributes, value }) => [attributes["error.type"], (value as { count: number }).count]),
  ]);
  const both = [
    [undefined, 1],
    ["CONFLICT", 1],
  ];
  expect(counts).toEqual([
    ["threadstore.call.duration", "s", both],
    ["threadstore.call.requests", "{request}", both],
    ["threadstore.call.size", "By", expect.arrayContaining([[undefined, 1]])],
  ]);
});

it("stops when it is disabled, and counts nothing twice when it is enabled twice", async () => {
  instrument();
  instrumentation.enable();
  await store.save("a", {});
  expect(spans.getFinishedSpans()).toHaveLength(1);
  instrumentation.disable();
  instrumentation.disable();
  await store.load("a");
  expect(spans.getFinishedSpans()).toHaveLength(1);
  instrumentation.enable();
  await store.load("a");
  expect(spans.getFinishedSpans()).toHaveLength(2);
  instrumentation.disable();
  instrument({ enabled: false });
  await store.load("a");
  expect(spans.getFinishedSpans()).toHaveLength(2);
});

it("telemetry.ts prints the spans and metrics of a program", async () => {
  const files = ["observability/telemetry.ts", "tour.ts"].map((file) =>
    join(import.meta.dirname, "..", file),
  );
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--import",
    files[0] ?? "",
    files[1] ?? "",
  ]);
  expect(stdout).toContain("threadstore save");
  expect(stdout).toContain("threadstore.call.duration");
  expect(stdout).toContain("'error.type': 'CONFLICT'");
});
