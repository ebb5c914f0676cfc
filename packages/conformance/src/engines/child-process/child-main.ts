import { type JsonValue, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { ChildProcessModule } from "../../suite/harness.ts";
import type { ChildRequest, ChildResponse } from "./messages.ts";

// Main module of a child process. Opens the store that its arguments describe and runs the calls that its parent sends.

function respond(response: ChildResponse): void {
  // If the parent has gone, nothing keeps this process alive and it ends on its own.
  if (process.connected) process.send?.(response, () => undefined);
}

function describeFailure(error: unknown): NonNullable<ChildResponse["error"]> {
  if (ThreadStoreError.is(error)) return { code: error.code, message: error.message };
  return { message: String(error) };
}

async function perform(store: ThreadStore, { call }: ChildRequest): Promise<JsonValue> {
  if (call.method === "delete") return store.delete(call.id, call.options);
  const stored =
    call.method === "load" ? await store.load(call.id) : await store.save(call.id, call.thread, call.options);
  return stored === undefined ? null : { version: stored.version, thread: stored.thread };
}

async function handle(store: ThreadStore, request: ChildRequest): Promise<void> {
  const { number } = request;
  try {
    respond({ number, value: await perform(store, request) });
  } catch (error) {
    respond({ number, error: describeFailure(error) });
  }
}

const [module = "", location = "", parameters = "null"] = process.argv.slice(2);
try {
  const childModule = (await import(module)) as ChildProcessModule;
  const store = await childModule.openStore(location, JSON.parse(parameters) as JsonValue);
  process.on("message", (request: ChildRequest) => void handle(store, request));
  process.once("disconnect", () => void store.close());
  respond({ number: 0 });
} catch (error) {
  respond({ number: 0, error: describeFailure(error) });
  if (process.connected) process.disconnect();
}
