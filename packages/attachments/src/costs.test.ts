import { expect, it } from "vitest";
import { type Backend, backendInMemory, base64 } from "./tools.test-helper.ts";

const MiB = 1024 * 1024;

/** What was asked of the backend since last asked, as "operation where". */
function asked(backend: Backend): string[] {
  return backend.steps.splice(0).map(({ operation, namespace }) => {
    return `${operation} ${namespace === "" ? "thread" : "attachment"}`;
  });
}

function written(backend: Backend): number {
  return backend.steps.splice(0).reduce((sum, { bytes }) => sum + bytes, 0);
}

it("20 turns on an image of 1 MiB write it once", async () => {
  const backend = backendInMemory();
  const image = `data:image/png;base64,${base64((MiB * 3) / 4)}`;
  const messages: object[] = [{ role: "user", content: [{ type: "image_url", image_url: { url: image } }] }];
  const store = backend.open();
  let previous = await store.save("a", { messages });
  const first = written(backend);
  const turns: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    messages.push({ role: "user", content: `question ${turn}` }, { role: "assistant", content: "answer" });
    previous = await store.save("a", { messages }, { previous });
    turns.push(written(backend));
  }
  expect(first).toBeGreaterThan(MiB);
  expect(first).toBeLessThan(MiB + 2000);
  expect(Math.max(...turns)).toBeLessThan(3000);
  // Without attachments, each turn writes the image again.
  const whole = backend.beneath();
  backend.steps.length = 0;
  await whole.save("b", { messages });
  expect(written(backend)).toBeGreaterThan(MiB);
});

it("a save asks for no more than it has to", async () => {
  const backend = backendInMemory();
  const store = backend.open();
  const [image, other] = [base64(), base64()];
  let previous = await store.save("a", { images: [image] });
  expect(asked(backend)).toEqual(["write attachment", "write thread"]);
  previous = await store.save("a", { images: [image, image], n: 1 }, { previous });
  expect(asked(backend)).toEqual(["write thread"]);
  previous = await store.save("a", { images: [image, other] }, { previous });
  expect(asked(backend)).toEqual(["write attachment", "write thread"]);
  previous = await store.save("a", { images: [other] }, { previous });
  expect(asked(backend)).toEqual(["write thread", "read attachment", "delete attachment"]);
  await store.save("a", { images: [other], n: 1 }, { previous: previous.version });
  expect(asked(backend)).toEqual(["read thread", "write thread"]);
  const loaded = await backend.open().load("a");
  expect(asked(backend)).toEqual(["read thread", "read attachment"]);
  await backend.open().save("a", { images: [other], n: 2 }, { previous: loaded });
  expect(asked(backend)).toEqual(["write thread"]);
  await store.update("a", (current) => ({ ...current?.thread, n: 3 }));
  expect(asked(backend)).toEqual(["read thread", "read attachment", "write thread"]);
});

it("a thread without attachments costs what it costs without this package, in saves and loads", async () => {
  const backend = backendInMemory();
  const store = backend.open();
  const first = await store.save("a", { n: 1 });
  const second = await store.save("a", { n: 2 }, { previous: first });
  await store.save("a", { n: 3 }, { previous: second.version });
  await store.load("a");
  expect(asked(backend)).toEqual([
    "write thread",
    "write thread",
    "read thread",
    "write thread",
    "read thread",
  ]);
  await store.save("a", { n: 4 }, { overwrite: true });
  expect(asked(backend)).toEqual(["read thread", "write thread"]);
});

it("a load with previous asks for new attachments only", async () => {
  const backend = backendInMemory();
  const [store, other] = [backend.open(), backend.open()];
  const images = [base64(), base64()];
  const saved = await store.save("a", { images });
  backend.steps.length = 0;
  const again = await store.load("a", { cached: saved });
  expect(asked(backend)).toEqual(["read thread"]);
  expect({ ...again }).toEqual({ ...saved });
  images.push(base64());
  const theirs = await other.save("a", { images }, { previous: again });
  backend.steps.length = 0;
  const seen = await store.load("a", { cached: again });
  expect(asked(backend)).toEqual(["read thread", "read attachment"]);
  expect({ ...seen }).toEqual({ ...theirs });
});

it("an overwrite trusts nothing that is stored, and leaves none of it", async () => {
  const backend = backendInMemory();
  const store = backend.open();
  const images = [base64()];
  await store.save("a", { images });
  const before = backend.idsIn();
  backend.steps.length = 0;
  await store.save("a", { images }, { overwrite: true });
  expect(asked(backend)).toEqual([
    "write attachment",
    "read thread",
    "write thread",
    "read attachment",
    "delete attachment",
  ]);
  expect(backend.idsIn().length).toBe(1);
  expect(backend.idsIn()).not.toEqual(before);
});

it("a thread that is about to expire has what is older than half a day written again, twice a day at most", async () => {
  const hour = 3_600_000;
  let now = Date.now();
  const backend = backendInMemory();
  const store = backend.open({ now: () => now });
  const images = [base64()];
  let previous = await store.save("a", { images }, { ttlMs: 2 * hour });
  let again = 0;
  for (let turn = 0; turn < 72; turn += 1) {
    now += hour;
    backend.steps.length = 0;
    previous = await store.save("a", { images, turn }, { previous, ttlMs: 2 * hour });
    again += asked(backend).filter((step) => step === "write attachment").length;
  }
  expect(again).toBe(6);
  expect(backend.idsIn().length).toBe(1);
  // With a longer life there is no need to.
  previous = await store.save("a", { images }, { previous, ttlMs: 240 * hour });
  now += 200 * hour;
  backend.steps.length = 0;
  await store.save("a", { images, turn: 0 }, { previous });
  expect(asked(backend)).toEqual(["write thread"]);
});
