import { type JsonValue, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { ChildOptions, ChildRequest, ChildResponse } from "./messages.ts";
import { importStoreModule } from "./store-module.ts";

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
  const { id } = call;
  switch (call.method) {
    case "save":
      return { version: (await store.save(id, call.thread, call.options)).version };
    case "append": {
      const { version, appended } = await store.append(id, call.elements, call.options);
      return { version, appended };
    }
    case "touch": {
      const touched = await store.touch(id, call.options);
      return touched === undefined ? null : { version: touched.version };
    }
    case "update":
      return update(store, id, call.thread, call.options);
    case "delete":
      return store.delete(id, call.options);
    default: {
      const stored = await store.load(id);
      if (stored === undefined) return null;
      const { version, thread, metadata } = stored;
      return { version, thread, metadata };
    }
  }
}

/** Also returns the version that the update replaced. */
async function update(
  store: ThreadStore,
  id: string,
  thread: object,
  options: ChildOptions,
): Promise<JsonValue> {
  let previous: string | null = null;
  const saved = await store.update(
    id,
    (current) => {
      previous = current?.version ?? null;
      return thread;
    },
    options,
  );
  return saved === undefined ? null : { version: saved.version, previous };
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
  const childModule = await importStoreModule(module);
  const store = await childModule.openStore(location, JSON.parse(parameters) as JsonValue);
  process.on("message", (request: ChildRequest) => void handle(store, request));
  process.once("disconnect", () => void store.close());
  respond({ number: 0 });
} catch (error) {
  respond({ number: 0, error: describeFailure(error) });
  if (process.connected) process.disconnect();
}
