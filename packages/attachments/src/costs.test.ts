import { expect, it } from "vitest";
import { type Backend, memoryBackend, base64 } from "./backend.test-helper.ts";

const MiB = 1024 * 1024;

/** Returns the requests since the last call, as "operation target". */
function takeRequests(backend: Backend): string[] {
  return backend.requests.splice(0).map(({ operation, namespace }) => {
    return `${operation} ${namespace === "" ? "thread" : "attachment"}`;
  });
}

function takeBytesWritten(backend: Backend): number {
  return backend.requests.splice(0).reduce((sum, { bytes }) => sum + bytes, 0);
}

it("20 turns write an image of 1 MiB once", async () => {
  const backend = memoryBackend();
  const image = `data:image/png;base64,${base64((MiB * 3) / 4)}`;
  const messages: object[] = [{ role: "user", content: [{ type: "image_url", image_url: { url: image } }] }];
  const store = backend.open();
  let previous = await store.save("a", { messages });
  const first = takeBytesWritten(backend);
  const turns: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    messages.push({ role: "user", content: `question ${turn}` }, { role: "assistant", content: "answer" });
    previous = await store.save("a", { messages }, { previous });
    turns.push(takeBytesWritten(backend));
  }
  expect(first).toBeGreaterThan(MiB);
  expect(first).toBeLessThan(MiB + 2000);
  expect(Math.max(...turns)).toBeLessThan(3000);
  // Without attachments, each turn writes the image again.
  const whole = backend.openInner();
  backend.requests.length = 0;
  await whole.save("b", { messages });
  expect(takeBytesWritten(backend)).toBeGreaterThan(MiB);
});

it("a save sends no unnecessary requests", async () => {
  const backend = memoryBackend();
  const store = backend.open();
  const [image, other] = [base64(), base64()];
  let previous = await store.save("a", { images: [image] });
  expect(takeRequests(backend)).toEqual(["write attachment", "write thread"]);
  previous = await store.save("a", { images: [image, image], n: 1 }, { previous });
  expect(takeRequests(backend)).toEqual(["write thread"]);
  previous = await store.save("a", { images: [image, other] }, { previous });
  expect(takeRequests(backend)).toEqual(["write attachment", "write thread"]);
  previous = await store.save("a", { images: [other] }, { previous });
  expect(takeRequests(backend)).toEqual(["write thread", "read attachment", "delete attachment"]);
  await store.save("a", { images: [other], n: 1 }, { previous: previous.version });
  expect(takeRequests(backend)).toEqual(["read thread", "write thread"]);
  const loaded = await backend.open().load("a");
  expect(takeRequests(backend)).toEqual(["read thread", "read attachment"]);
  await backend.open().save("a", { images: [other], n: 2 }, { previous: loaded });
  expect(takeRequests(backend)).toEqual(["write thread"]);
  await store.update("a", (current) => ({ ...current?.thread, n: 3 }));
  expect(takeRequests(backend)).toEqual(["read thread", "read attachment", "write thread"]);
});

it("saving and loading a thread without attachments costs the same as in the inner store", async () => {
  const backend = memoryBackend();
  const store = backend.open();
  const first = await store.save("a", { n: 1 });
  const second = await store.save("a", { n: 2 }, { previous: first });
  await store.save("a", { n: 3 }, { previous: second.version });
  await store.load("a");
  expect(takeRequests(backend)).toEqual([
    "write thread",
    "write thread",
    "read thread",
    "write thread",
    "read thread",
  ]);
  await store.save("a", { n: 4 }, { overwrite: true });
  expect(takeRequests(backend)).toEqual(["read thread", "write thread"]);
});

it("a load with cached reads only new attachments", async () => {
  const backend = memoryBackend();
  const [store, other] = [backend.open(), backend.open()];
  const images = [base64(), base64()];
  const saved = await store.save("a", { images });
  backend.requests.length = 0;
  const unchanged = await store.load("a", { cached: saved });
  expect(takeRequests(backend)).toEqual(["read thread"]);
  expect({ ...unchanged }).toEqual({ ...saved });
  images.push(base64());
  const theirs = await other.save("a", { images }, { previous: unchanged });
  backend.requests.length = 0;
  const reloaded = await store.load("a", { cached: unchanged });
  expect(takeRequests(backend)).toEqual(["read thread", "read attachment"]);
  expect({ ...reloaded }).toEqual({ ...theirs });
});

it("an overwrite reuses no stored attachments and deletes them", async () => {
  const backend = memoryBackend();
  const store = backend.open();
  const images = [base64()];
  await store.save("a", { images });
  const before = backend.idsIn();
  backend.requests.length = 0;
  await store.save("a", { images }, { overwrite: true });
  expect(takeRequests(backend)).toEqual([
    "write attachment",
    "read thread",
    "write thread",
    "read attachment",
    "delete attachment",
  ]);
  expect(backend.idsIn().length).toBe(1);
  expect(backend.idsIn()).not.toEqual(before);
});

it("a save of a thread that is about to expire rewrites attachments older than half a day", async () => {
  const hour = 3_600_000;
  let now = Date.now();
  const backend = memoryBackend();
  const store = backend.open({ now: () => now });
  const images = [base64()];
  let previous = await store.save("a", { images }, { ttlMs: 2 * hour });
  let rewritten = 0;
  for (let turn = 0; turn < 72; turn += 1) {
    now += hour;
    backend.requests.length = 0;
    previous = await store.save("a", { images, turn }, { previous, ttlMs: 2 * hour });
    rewritten += takeRequests(backend).filter((request) => request === "write attachment").length;
  }
  expect(rewritten).toBe(6);
  expect(backend.idsIn().length).toBe(1);
  // Not necessary if the thread lives longer.
  previous = await store.save("a", { images }, { previous, ttlMs: 240 * hour });
  now += 200 * hour;
  backend.requests.length = 0;
  await store.save("a", { images, turn: 0 }, { previous });
  expect(takeRequests(backend)).toEqual(["write thread"]);
});
