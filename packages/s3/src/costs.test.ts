import { setTimeout as wait } from "node:timers/promises";
import { startFaultProxy } from "@threadstore/conformance/fault-proxy";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectionTo, createClient, newBucket, newPrefix, recordMethods } from "./bucket.test-helper.ts";
import { s3Store } from "./s3-store.ts";

await describeWithService("s3", "costs", (endpoint) => {
  const client = createClient(endpoint);
  const requests = recordMethods(client);
  let bucket = "";
  beforeAll(async () => {
    bucket = await newBucket(client);
  });
  afterAll(() => client.destroy());

  function open(): ReturnType<typeof s3Store> {
    return s3Store({ client, bucket, prefix: newPrefix() });
  }

  test("a save and a load take one request, and a delete two", async () => {
    const store = open();
    await store.save("first", {});
    requests.length = 0;
    let saved = await store.save("a", { n: 1 });
    expect(requests.splice(0)).toEqual(["PUT"]);
    saved = await store.save("a", { n: 2 }, { previous: saved });
    expect(requests.splice(0)).toEqual(["PUT"]);
    await store.load("a");
    expect(requests.splice(0)).toEqual(["GET"]);
    await store.load("missing");
    expect(requests.splice(0)).toEqual(["GET"]);
    await store.delete("a", { previous: saved });
    expect(requests.splice(0)).toEqual(["GET", "PUT"]);
    await store.save("a", { n: 3 });
    expect(requests.splice(0), "refused, then reads and replaces the tombstone").toEqual([
      "PUT",
      "GET",
      "PUT",
    ]);
  });

  test("a page of n threads takes n + 2 requests, regardless of other threads", async () => {
    const store = open();
    await Promise.all(
      Array.from({ length: 30 }, (_, n) => store.save(`thread-${String(n).padStart(2, "0")}`, { n })),
    );
    await Promise.all(Array.from({ length: 30 }, (_, n) => store.namespace("other").save(`${n}`, {})));
    requests.length = 0;
    const page = await store.listPage({ limit: 10 });
    expect(page.threads).toHaveLength(10);
    expect(requests.splice(0)).toHaveLength(12);
    const lastPage = await store.listPage({ limit: 20, cursor: page.cursor });
    expect(lastPage).toMatchObject({ cursor: undefined });
    expect(lastPage.threads).toHaveLength(20);
    expect(requests.splice(0)).toHaveLength(21);
  });

  test("a page of namespaces takes three requests, and one for each where deletes leave tombstones", async () => {
    const store = open();
    const names = Array.from({ length: 5 }, (_, n) => `tenant-${n}`);
    await Promise.all(names.map((name) => store.namespace(name).save("t", {})));
    const cost = async (): Promise<number> => {
      requests.length = 0;
      expect((await store.namespaces()).namespaces).toEqual(names);
      return requests.splice(0).length;
    };
    // The names, long names, the store itself, and an object of each namespace.
    expect(await cost()).toBe(3 + names.length);
    await Promise.all(Array.from({ length: 30 }, (_, n) => store.namespace("tenant-1").save(`${n}`, {})));
    expect(await cost()).toBe(3 + names.length);
    const prefix = newPrefix();
    const withoutTombstones = s3Store({
      client,
      bucket,
      prefix,
      etagQuotes: "strip",
      conditionalDelete: true,
    });
    for (const name of names) await withoutTombstones.namespace(name).save("t", {});
    requests.length = 0;
    expect((await withoutTombstones.namespaces()).namespaces).toEqual(names);
    expect(requests.splice(0)).toHaveLength(3);
    await store.namespace("tenant-4").delete("t");
    await store.namespace("tenant-4").save("t", {});
    expect(await cost()).toBe(3 + names.length);
  });

  test("a page by recency takes one request for the names, and one for each of its threads and the next", async () => {
    const store = open();
    for (const id of ["a", "b", "c", "d", "e"]) await store.save(id, {});
    await store.namespace("other").save("z", {});
    // The service's times are exact to the second.
    await wait(1100);
    await store.save("c", { n: 2 }, { overwrite: true });
    requests.length = 0;
    const page = await store.listPage({ order: "updated", limit: 2 });
    expect(page.threads[0]?.id).toBe("c");
    expect(requests.splice(0)).toEqual(["GET", "GET", "GET", "GET"]);
    const next = await store.listPage({ order: "updated", limit: 10, cursor: page.cursor });
    const listed = [...page.threads, ...next.threads].map(({ id }) => id);
    expect(listed.toSorted()).toEqual(["a", "b", "c", "d", "e"]);
    expect(next.cursor).toBeUndefined();
    requests.length = 0;
    const all: string[] = [];
    for await (const { id } of store.list({ order: "updated", limit: 2 })) all.push(id);
    expect(all).toEqual(listed);
    // The names are listed once. Each page but the last also looks at the thread after it.
    expect(requests.splice(0)).toHaveLength(1 + 3 + 3 + 1);
    await store.listPage({ order: "updated", prefix: "d" });
    // The keys that begin with the escaped prefix, those in Base64, and the thread.
    expect(requests.splice(0)).toHaveLength(3);
  });

  test("a listing of large threads receives only their ends", async () => {
    const store = open();
    for (const id of ["a", "b", "c"]) await store.save(id, { text: "x".repeat(1_000_000) });
    let received = 0;
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { headers } = result.response as { headers: Record<string, string> };
        received += Number(headers["content-length"] ?? 0);
        return result;
      },
      { step: "deserialize", name: "received" },
    );
    const page = await store.listPage();
    client.middlewareStack.remove("received");
    expect(page.threads.map(({ size }) => size)).toEqual([1_000_011, 1_000_011, 1_000_011]);
    expect(received).toBeLessThan(60_000);
  });

  test("a listing reads the end of a thread again only if its metadata is longer than some 12 KB", async () => {
    const store = open();
    await store.save("a", { text: "x".repeat(100_000) }, { metadata: { summary: "x".repeat(12_000) } });
    await store.save("b", { text: "x".repeat(100_000) }, { metadata: { summary: "x".repeat(65_000) } });
    requests.length = 0;
    const { threads } = await store.listPage({ metadata: true });
    expect(threads.map(({ metadata }) => metadata?.["summary"]?.length)).toEqual([12_000, 65_000]);
    expect(requests.splice(0)).toEqual(["GET", "GET", "GET", "GET"]);
  });

  test("a load of an unchanged cached thread does not receive a body", async () => {
    const store = open();
    const saved = await store.save("a", { text: "x".repeat(1_000_000) });
    const statuses: number[] = [];
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        statuses.push((result.response as { statusCode: number }).statusCode);
        return result;
      },
      { step: "deserialize", priority: "low", name: "statuses" },
    );
    const loaded = await store.load("a", { cached: saved });
    client.middlewareStack.remove("statuses");
    expect(loaded?.json).toBe(saved.json);
    expect(statuses).toEqual([304]);
  });

  test("a load of an unchanged cached thread receives less than a kilobyte", async () => {
    const { hostname, port } = new URL(endpoint.endpoint);
    const proxy = await startFaultProxy({ target: { host: hostname, port: Number(port) } });
    const proxiedEndpoint = { ...endpoint, endpoint: `http://127.0.0.1:${proxy.port}` };
    const store = s3Store({ ...connectionTo(proxiedEndpoint), bucket, prefix: newPrefix() });
    const saved = await store.save("a", { text: "x".repeat(1_000_000) });
    const receivedBefore = proxy.bytesDown;
    expect((await store.load("a", { cached: saved }))?.json).toBe(saved.json);
    expect(proxy.bytesDown - receivedBefore).toBeLessThan(1024);
    await store.close();
    await proxy.close();
  });
});
