import { setTimeout } from "node:timers/promises";
import {
  EventType,
  memoryStream,
  resumeServerSentEventsResponse,
  type StreamChunk,
  type StreamDurability,
  toServerSentEventsResponse,
} from "@tanstack/ai";
import {
  ChatClient,
  type ChatClientPersistence,
  type ChatPersistedState,
  fetchServerSentEvents,
} from "@tanstack/ai-client";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { deferred } from "@threadstore/core/documents";
import { type ResumableStreams, resumableStreams } from "@threadstore/http/streams";
import { describe, expect, it } from "vitest";
import { runDurability } from "./index.ts";

const FAST = { flushMs: 5, pollMs: 5, leaseMs: 300 };
const open = (store: ThreadStore): ResumableStreams => resumableStreams({ store, ...FAST });
const chunk = (value: number): StreamChunk => ({ type: EventType.CUSTOM, name: "n", value, timestamp: 0 });

async function read(
  durability: StreamDurability,
  offset = "-1",
): Promise<{ offsets: string[]; values: unknown[] }> {
  const [offsets, values]: [string[], unknown[]] = [[], []];
  for await (const entry of durability.read(offset)) {
    offsets.push(entry.offset);
    values.push((entry.chunk as { value?: unknown }).value);
  }
  return { offsets, values };
}

describe.each([
  ["TanStack AI's in memory", () => (runId: string) => memoryStream({ runId })],
  [
    "ours",
    () => {
      const store = memoryStore();
      // Each use is in another process.
      return (runId: string) => runDurability({ runId }, open(store));
    },
  ],
] as const)("a durability: %s", (name, create) => {
  it("returns every chunk after an offset, in order, also those that follow", async () => {
    const durabilityOf = create();
    const id = `run ${name}:1`;
    const producer = durabilityOf(id);
    const first = await producer.append([chunk(1), chunk(2)]);
    expect(new Set(first).size).toBe(2);
    const reading = read(durabilityOf(id));
    const [third = ""] = await producer.append([chunk(3)]);
    const resuming = read(durabilityOf(id), first[0]);
    await setTimeout(20);
    await producer.append([chunk(4)]);
    await producer.close();
    expect((await reading).values).toEqual([1, 2, 3, 4]);
    expect((await resuming).values).toEqual([2, 3, 4]);
    expect((await reading).offsets.slice(0, 3)).toEqual([...first, third]);
    expect((await read(durabilityOf(id), third)).values).toEqual([4]);
    const other = durabilityOf("other");
    await other.append([chunk(0)]);
    await expect(read(other, third)).rejects.toThrow(/belong/u);
  });

  it("has a snapshot that does not wait, and follows from now", async () => {
    const durabilityOf = create();
    const id = `run ${name}:2`;
    expect(await durabilityOf(id).snapshot()).toEqual([]);
    const producer = durabilityOf(id);
    const offsets = await producer.append([chunk(1), chunk(2)]);
    await expect
      .poll(async () => (await durabilityOf(id).snapshot()).map(({ offset }) => offset), { interval: 5 })
      .toEqual(offsets);
    const following = read(durabilityOf(id), "now");
    await setTimeout(30);
    await producer.append([chunk(3)]);
    await producer.close();
    expect((await following).values).toEqual([3]);
    expect(await durabilityOf(id).snapshot()).toHaveLength(3);
  });

  it("rejects reads of a run that does not exist, soon", async () => {
    const durabilityOf = create();
    await expect(read(durabilityOf(`missing ${name}`))).rejects.toThrow(/produced no data|does not exist/u);
    await expect(read(durabilityOf("x"), "no offset")).rejects.toThrow(/offset|Unknown/u);
  });

  it("takes the run and the offset from requests", async () => {
    const streams = open(memoryStore());
    const of = (request: Request): StreamDurability =>
      name === "ours" ? runDurability(request, streams) : memoryStream(request);
    const url = "http://localhost/";
    expect(of(new Request(url)).resumeFrom()).toBeNull();
    expect(of(new Request(`${url}?offset=-1&runId=r`)).resumeFrom()).toBe("-1");
    const producer = of(new Request(url, { headers: { "x-run-id": `a:b ${name}` } }));
    const [offset = ""] = await producer.append([chunk(1), chunk(2)]);
    await producer.close();
    const resumed = of(new Request(url, { headers: { "last-event-id": offset } }));
    expect(resumed.resumeFrom()).toBe(offset);
    expect((await read(resumed, offset)).values).toEqual([2]);
  });
});

it("a long run is resumed from each of its offsets, although it is stored in segments", async () => {
  const store = memoryStore();
  const producer = runDurability({ runId: "r" }, open(store));
  const large = (value: number): StreamChunk => ({
    type: EventType.CUSTOM,
    name: "x".repeat(9000),
    value,
    timestamp: 0,
  });
  const offsets: string[] = [];
  for (let value = 0; value < 30; value++) offsets.push(...(await producer.append([large(value)])));
  await producer.close();
  for (const index of [0, 3, 4, 17, 29]) {
    const { values } = await read(runDurability({ runId: "r" }, open(store)), offsets[index]);
    expect(values).toEqual(Array.from({ length: 29 - index }, (_, count) => index + 1 + count));
  }
});

it("a run has one producer, and readers of one that was killed receive an error", async () => {
  const store = memoryStore();
  const streams = open(store);
  await runDurability({ runId: "r" }, streams).append([chunk(1)]);
  const repeated = runDurability({ runId: "r" }, open(store));
  await expect(repeated.append([chunk(2)])).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    path: "runId",
  });
  // What a process leaves that was killed.
  const head = (await store.load("r"))?.json ?? "";
  const other = memoryStore();
  await other.save("r", head);
  await expect(read(runDurability({ runId: "r" }, open(other)))).rejects.toMatchObject({
    code: "STREAM_INTERRUPTED",
  });
  await streams.delete("r");
  for (const runId of ["", "\ud800", 1 as never]) {
    expect(() => runDurability({ runId }, streams)).toThrow("`runId`");
  }
});

describe("TanStack AI's client", () => {
  /** A server of two processes. The first `POST` loses its connection after the first words. */
  function createServer() {
    const store = memoryStore();
    const gate = deferred<void>();
    let runs = 0;
    async function* answer(threadId: string, runId: string): AsyncGenerator<StreamChunk> {
      runs += 1;
      const base = { timestamp: 0, threadId, runId };
      const text = { messageId: "m", timestamp: 0 };
      yield { ...base, type: EventType.RUN_STARTED };
      yield { ...text, type: EventType.TEXT_MESSAGE_START, role: "assistant" };
      yield { ...text, type: EventType.TEXT_MESSAGE_CONTENT, delta: "Once " };
      await gate.promise;
      yield { ...text, type: EventType.TEXT_MESSAGE_CONTENT, delta: "upon a time" };
      yield { ...text, type: EventType.TEXT_MESSAGE_END };
      yield { ...base, type: EventType.RUN_FINISHED, finishReason: "stop" };
    }
    const fetchClient = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const request = new Request(new URL(url instanceof Request ? url.url : url, "http://localhost"), init);
      const adapter = runDurability(request, open(store));
      if (request.method === "GET") return resumeServerSentEventsResponse({ adapter });
      const { threadId, runId } = (await request.json()) as { threadId: string; runId: string };
      return toServerSentEventsResponse(answer(threadId, runId), { durability: { adapter, batch: 1 } });
    };
    return { store, fetchClient, release: () => gate.resolve(), runs: () => runs };
  }

  it("continues an answer in another process after its connection was lost", async () => {
    const server = createServer();
    const fetchClient: typeof fetch = async (url, init) => {
      const response = await server.fetchClient(url, init);
      if (init?.method !== "POST" || response.body === null) return response;
      // The connection breaks after the first words.
      let text = "";
      const cut = new TransformStream<Uint8Array, Uint8Array>({
        transform(bytes, controller) {
          controller.enqueue(bytes);
          text += new TextDecoder().decode(bytes);
          if (!text.includes("Once")) return;
          server.release();
          controller.terminate();
        },
      });
      return new Response(response.body.pipeThrough(cut), response);
    };
    const client = new ChatClient({ connection: fetchServerSentEvents("/api/chat", { fetchClient }) });
    await client.sendMessage("Tell a story.");
    const parts = client.getMessages().at(-1)?.parts;
    expect(parts).toMatchObject([{ type: "text", content: "Once upon a time" }]);
    expect(server.runs()).toBe(1);
  });

  it("joins an answer again after a reload, with a storage of the page", async () => {
    const server = createServer();
    const states = new Map<string, ChatPersistedState>();
    const persistence: ChatClientPersistence = {
      getItem: (id) => states.get(id),
      setItem: (id, state) => void states.set(id, structuredClone(state)),
      removeItem: (id) => void states.delete(id),
    };
    const openPage = (): ChatClient => {
      const connection = fetchServerSentEvents("/api/chat", { fetchClient: server.fetchClient });
      return new ChatClient({ connection, persistence, threadId: "t" });
    };
    const textOn = (page: ChatClient): unknown =>
      page.getMessages().flatMap(({ role, parts }) => (role === "assistant" ? parts : []));
    const first = openPage();
    const sending = first.sendMessage("Tell a story.");
    await expect.poll(() => textOn(first), { interval: 5 }).toMatchObject([{ content: "Once " }]);
    await expect.poll(() => states.get("t")?.resume, { interval: 5 }).toBeDefined();
    const second = openPage();
    second.attach();
    await expect.poll(() => textOn(second), { interval: 5 }).toMatchObject([{ content: "Once " }]);
    server.release();
    await sending;
    await expect.poll(() => textOn(second), { interval: 5 }).toMatchObject([{ content: "Once upon a time" }]);
    expect(server.runs()).toBe(1);
  });
});
