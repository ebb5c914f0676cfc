// Logs calls that are slow or fail: node examples/slow-calls.ts
import { tracingChannel } from "node:diagnostics_channel";
import { type CallDiagnostics, memoryStore } from "@threadstore/core";

const ignore = () => undefined;
const log = ({ operation, store, outcome, durationMs = 0, requests }: CallDiagnostics): void => {
  if (durationMs < 100 && outcome === "ok") return;
  console.warn(
    `${operation} on ${store}: ${outcome} after ${Math.round(durationMs)} ms, ${requests} requests`,
  );
};
for (const operation of ["save", "append", "touch", "load", "delete", "list"]) {
  tracingChannel<string, CallDiagnostics>(`threadstore:${operation}`).subscribe({
    start: ignore,
    end: ignore,
    asyncStart: ignore,
    asyncEnd: log,
    error: ignore,
  });
}

const store = memoryStore();
await store.save("draft", { messages: [] });
await store.save("draft", { messages: ["lost?"] }).catch(() => undefined);
