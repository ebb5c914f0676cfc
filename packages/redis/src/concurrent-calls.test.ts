import { describeWithService } from "@threadstore/services/vitest";
import { Redis } from "ioredis";
import { afterAll, expect, test, vi } from "vitest";
import { redisStore } from "./redis-store.ts";

await describeWithService("redis", "concurrent calls", ({ url }) => {
  const client = new Redis(url, { keyPrefix: `${crypto.randomUUID()}:` });
  const store = redisStore({ client });
  afterAll(async () => {
    await store.close();
    await client.quit();
  });

  /** Counts the writes to the connection while `work` runs. */
  async function writesOf(work: () => Promise<unknown>): Promise<number> {
    const { stream } = client as unknown as { stream: WritableInternals };
    const spies = [vi.spyOn(stream, "_write"), vi.spyOn(stream, "_writev")];
    await work();
    const count = spies.flatMap(({ mock }) => mock.calls).length;
    for (const spy of spies) spy.mockRestore();
    return count;
  }

  test("are sent with two writes: the first call does not wait, and the others follow together", async () => {
    await store.save("warm", {});
    await store.load("warm");
    const ids = Array.from({ length: 50 }, (_, index) => `thread-${index}`);
    expect(await writesOf(() => Promise.all(ids.map((id) => store.save(id, { id }))))).toBe(2);
    const loading = (): Promise<unknown> =>
      Promise.all(ids.map(async (id) => expect((await store.load(id))?.thread).toEqual({ id })));
    expect(await writesOf(loading)).toBe(2);
    expect(await writesOf(() => store.load("warm"))).toBe(1);
  });
});

/** The methods with which a stream writes one chunk, or several at once. */
interface WritableInternals {
  _write(...parameters: unknown[]): void;
  _writev(...parameters: unknown[]): void;
}
