import { tracingChannel } from "node:diagnostics_channel";
import { expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { memoryDriver } from "../memory-store.ts";
import type { CallDiagnostics } from "./diagnostics.ts";
import { neverResponds, rejected, scriptedDriver } from "./scripted-driver.test-helper.ts";

it("publishes the outcome, duration, bytes and requests of each call, without content", async () => {
  const ended: CallDiagnostics[] = [];
  const ignore = (): void => undefined;
  const asyncEnd = (call: unknown): void => void ended.push({ ...(call as CallDiagnostics) });
  const listen = { start: ignore, end: ignore, asyncStart: ignore, asyncEnd, error: ignore };
  const operations = ["save", "load", "delete", "list", "deleteExpired"];
  for (const operation of operations) tracingChannel(`threadstore:${operation}`).subscribe(listen);

  const { driver, next } = scriptedDriver(memoryDriver());
  const store = createThreadStore(driver).namespace("tenant");
  next("write", rejected);
  await store.save("a", { secret: "canary" }, { metadata: { title: "canary" } });
  await store.save("a", {}).catch(() => undefined);
  await store.load("a");
  await store.load("a", { signal: AbortSignal.abort() }).catch(() => undefined);
  await store.listPage();
  await store.delete("a");
  await store.deleteExpired();
  next("read", neverResponds);
  await store.load("a", { timeoutMs: 20 }).catch(() => undefined);
  for (const operation of operations) tracingChannel(`threadstore:${operation}`).unsubscribe(listen);

  const common = { store: "memory", namespace: "tenant", durationMs: expect.any(Number) };
  expect(ended).toMatchObject([
    { ...common, operation: "save", id: "a", outcome: "ok", bytes: 19, requests: 2 },
    { ...common, operation: "save", id: "a", outcome: "CONFLICT" },
    { ...common, operation: "load", id: "a", outcome: "ok", bytes: 19, requests: 1 },
    { ...common, operation: "load", id: "a", outcome: "ABORTED" },
    { ...common, operation: "list", id: undefined, outcome: "ok", requests: 1 },
    { ...common, operation: "delete", id: "a", outcome: "ok", requests: 2 },
    { ...common, operation: "deleteExpired", id: undefined, outcome: "ok", requests: 1 },
    { ...common, operation: "load", id: "a", outcome: "UNAVAILABLE", requests: 1 },
  ]);
  expect(JSON.stringify(ended)).not.toContain("canary");
});
