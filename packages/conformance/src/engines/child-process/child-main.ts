import { type JsonValue, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { PeerModule } from "../../suite/harness.ts";
import type { PeerAnswer, PeerRequest } from "./messages.ts";

// The main module of a child process: opens the store that its arguments tell, and makes the calls it is sent.

function answer(message: PeerAnswer): void {
  // A parent that has gone needs no answer, and the process ends for want of one.
  if (process.connected) process.send?.(message, () => undefined);
}

function told(error: unknown): NonNullable<PeerAnswer["error"]> {
  if (ThreadStoreError.is(error)) return { code: error.code, message: error.message };
  return { message: String(error) };
}

async function made(store: ThreadStore, { call }: PeerRequest): Promise<JsonValue> {
  if (call.method === "delete") return store.delete(call.id, call.options);
  const stored =
    call.method === "load" ? await store.load(call.id) : await store.save(call.id, call.thread, call.options);
  return stored === undefined ? null : { version: stored.version, thread: stored.thread };
}

async function handle(store: ThreadStore, request: PeerRequest): Promise<void> {
  const { number } = request;
  try {
    answer({ number, value: await made(store, request) });
  } catch (error) {
    answer({ number, error: told(error) });
  }
}

const [module = "", place = "", parameters = "null"] = process.argv.slice(2);
try {
  const peer = (await import(module)) as PeerModule;
  const store = await peer.openPeer(place, JSON.parse(parameters) as JsonValue);
  process.on("message", (request: PeerRequest) => void handle(store, request));
  process.once("disconnect", () => void store.close());
  answer({ number: 0 });
} catch (error) {
  answer({ number: 0, error: told(error) });
  if (process.connected) process.disconnect();
}
