// Start your server with it: node --import ./telemetry.ts server.ts
// It prints spans and metrics. In production, use the exporters of @opentelemetry/exporter-trace-otlp-http and
// @opentelemetry/exporter-metrics-otlp-http, and set OTEL_EXPORTER_OTLP_ENDPOINT to the address of your collector.
import { metrics } from "@opentelemetry/api";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import {
  ConsoleMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, ConsoleSpanExporter, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { ThreadStoreInstrumentation } from "./threadstore-instrumentation.ts";

const traces = new NodeTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new ConsoleSpanExporter())],
});
traces.register();
const meters = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter() })],
});
metrics.setGlobalMeterProvider(meters);
registerInstrumentations({ instrumentations: [new ThreadStoreInstrumentation()] });

process.once("beforeExit", () => void Promise.all([traces.shutdown(), meters.shutdown()]));
