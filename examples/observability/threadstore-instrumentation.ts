import {
  type TracingChannel,
  type TracingChannelSubscribers,
  tracingChannel,
} from "node:diagnostics_channel";
import { type Attributes, type Histogram, type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { InstrumentationBase, type InstrumentationConfig } from "@opentelemetry/instrumentation";
import type { CallDiagnostics } from "@threadstore/core";

const OPERATIONS = [
  "save",
  "append",
  "touch",
  "load",
  "delete",
  "list",
  "deleteExpired",
  "namespaces",
  "erase",
] as const satisfies readonly CallDiagnostics["operation"][];

/** Outcomes of calls that worked as intended: another writer was first, or the caller gave up. */
const EXPECTED: ReadonlySet<string | undefined> = new Set(["ok", "CONFLICT", "ABORTED"]);

const ignore = (): void => undefined;

/** The message of a call that failed also has the error. */
type Call = CallDiagnostics & { readonly error?: unknown };
type Channel = TracingChannel<string, Call>;

export interface ThreadStoreInstrumentationConfig extends InstrumentationConfig {
  /**
   * Whether spans have the namespace and the id of the thread, which may identify a person. Metrics never have them.
   * @default false
   */
  readonly names?: boolean;
}

/** Turns the calls of all stores in the process into spans and metrics. */
export class ThreadStoreInstrumentation extends InstrumentationBase<ThreadStoreInstrumentationConfig> {
  // `declare`, because the constructor of the base class calls the methods below, which set these members.
  declare private unsubscribe: (() => void) | undefined;
  declare private duration: Histogram;
  declare private requests: Histogram;
  declare private size: Histogram;

  constructor(config: ThreadStoreInstrumentationConfig = {}) {
    super("threadstore", "1.0.0", config);
  }

  /** Patches no module, because stores publish their calls themselves. */
  protected override init(): [] {
    return [];
  }

  override enable(): void {
    if (this.unsubscribe !== undefined) return;
    const spans = new WeakMap<Call, Span>();
    const subscribers: TracingChannelSubscribers<Call> = {
      // Runs in the caller's context, so the active span becomes the parent.
      start: (call) => void spans.set(call, this.startSpan(call)),
      end: ignore,
      asyncStart: ignore,
      asyncEnd: (call) => this.finish(call, spans.get(call)),
      error: ignore,
    };
    const channels = OPERATIONS.map((name): Channel => tracingChannel(`threadstore:${name}`));
    for (const channel of channels) channel.subscribe(subscribers);
    this.unsubscribe = () => {
      for (const channel of channels) channel.unsubscribe(subscribers);
    };
  }

  override disable(): void {
    this.unsubscribe?.();
    this.unsubscribe = undefined;
  }

  protected override _updateMetricInstruments(): void {
    this.duration = this.meter.createHistogram("threadstore.call.duration", {
      description: "Duration of calls, including retries.",
      unit: "s",
      advice: { explicitBucketBoundaries: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30] },
    });
    this.requests = this.meter.createHistogram("threadstore.call.requests", {
      description: "Requests to the backend in a call. More than usual are retries or lost races.",
      unit: "{request}",
      advice: { explicitBucketBoundaries: [0, 1, 2, 3, 4, 8, 16, 64] },
    });
    this.size = this.meter.createHistogram("threadstore.call.size", {
      description: "Size of the thread that was saved, changed or loaded, as JSON.",
      unit: "By",
      advice: { explicitBucketBoundaries: [1024, 8192, 65_536, 524_288, 4_194_304, 16_777_216] },
    });
  }

  private startSpan(call: Call): Span {
    const attributes: Attributes = {
      "threadstore.operation": call.operation,
      "threadstore.store": call.store,
    };
    if (this.getConfig().names === true) {
      attributes["threadstore.namespace"] = call.namespace;
      if (call.id !== undefined) attributes["threadstore.id"] = call.id;
    }
    return this.tracer.startSpan(`threadstore ${call.operation}`, { kind: SpanKind.CLIENT, attributes });
  }

  private finish(call: Call, span: Span | undefined): void {
    const { operation, store, outcome = "FAILED", durationMs = 0, requests = 0, bytes } = call;
    const attributes: Attributes = {
      "threadstore.operation": operation,
      "threadstore.store": store,
      ...(outcome === "ok" ? {} : { "error.type": outcome }),
    };
    this.duration.record(durationMs / 1000, attributes);
    this.requests.record(requests, attributes);
    if (bytes !== undefined) this.size.record(bytes, attributes);

    span?.setAttributes({ ...attributes, "threadstore.requests": requests });
    if (bytes !== undefined) span?.setAttribute("threadstore.size", bytes);
    if (!EXPECTED.has(outcome)) {
      // Messages of stores contain neither contents nor credentials. Causes may, so they stay out of the span.
      const message = call.error instanceof Error ? call.error.message : outcome;
      span?.setStatus({ code: SpanStatusCode.ERROR, message });
    }
    span?.end();
  }
}
