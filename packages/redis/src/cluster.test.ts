import { describeWithService } from "@threadstore/services/vitest";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readmeClusterPermissions, readmePermissions } from "./readme.test-helper.ts";
import { redisStore } from "./redis-store.ts";
import { freshPrefix, keysOf, recordKey } from "./redis.test-helper.ts";

interface Migration {
  readonly from: Redis;
  readonly to: Redis;
}

async function migrate({ from, to }: Migration, keys: readonly Buffer[]): Promise<void> {
  const { host = "", port = 0 } = to.options;
  await from.call("MIGRATE", host, port, "", 0, 60_000, "KEYS", ...keys);
}

/** Migrates all keys of a slot. While the slot is being migrated, new keys are created at its target only. */
async function migrateKeys({ slot, ...migration }: Migration & { readonly slot: number }): Promise<void> {
  for (;;) {
    const keys = (await migration.from.callBuffer("CLUSTER", "GETKEYSINSLOT", slot, 100)) as Buffer[];
    if (keys.length === 0) return;
    await migrate(migration, keys);
  }
}

await describeWithService("redis-cluster", "redisStore on a Cluster", ({ nodes }) => {
  const admin = new Cluster([...nodes]);
  const credentials = { username: "threads", password: "s3cret" };
  const client = new Cluster([...nodes], { lazyConnect: true, redisOptions: credentials });
  beforeAll(async () => {
    const rules = `${readmePermissions("test-")} ${readmeClusterPermissions()}`.split(" ");
    await admin.info();
    for (const node of admin.nodes()) {
      await node.call("ACL", "SETUSER", credentials.username, "on", `>${credentials.password}`, ...rules);
    }
  });
  afterAll(() => {
    admin.disconnect();
    client.disconnect();
  });

  test("the threads of one namespace are spread over every master, whatever their ids", async () => {
    const prefix = freshPrefix();
    const store = redisStore({ client, prefix });
    const ids = Array.from({ length: 60 }, (_, index) => `{${index}}:{}`);
    await Promise.all(ids.map((id) => store.save(id, { id })));
    const listed: string[] = [];
    for await (const { id } of store.list({ limit: 7 })) listed.push(id);
    expect(listed).toEqual(ids.toSorted());
    const last = await store.save(ids[7] ?? "", {}, { overwrite: true });
    const recent: string[] = [];
    for await (const { id } of store.list({ order: "updated", limit: 7 })) recent.push(id);
    expect(recent[0]).toBe(last.id);
    expect(recent.toSorted()).toEqual(ids.toSorted());
    const counts = await Promise.all(
      admin.nodes("master").map(async (node) => (await keysOf(node, prefix)).length),
    );
    expect(counts).toHaveLength(3);
    expect(Math.min(...counts)).toBeGreaterThan(10);
  });

  test("the namespaces of every master are listed and erased, also by a client that has not connected yet", async () => {
    const prefix = freshPrefix();
    const store = redisStore({ client, prefix });
    const names = Array.from({ length: 20 }, (_, index) => `tenant-${String(index).padStart(2, "0")}`);
    await Promise.all(names.map((name) => store.namespace(name).save("t", {})));
    await store.namespace("*{[?").namespace("x").save("t", {});
    const unconnected = new Cluster([...nodes], { lazyConnect: true, redisOptions: credentials });
    const other = redisStore({ client: unconnected, prefix });
    expect((await other.namespaces()).namespaces).toEqual(["*{[?", ...names]);
    expect((await other.namespace("*{[?").namespaces()).namespaces).toEqual(["x"]);
    expect((await other.namespace("tenant-0").namespaces()).namespaces).toEqual([]);
    expect(await other.erase()).toMatchObject({ threads: 21 });
    expect((await store.namespaces()).namespaces).toEqual([]);
    unconnected.disconnect();
  });

  test("connecting to a single node of a Cluster is MISCONFIGURED", async () => {
    const [{ host, port } = { host: "", port: 0 }] = nodes;
    await using store = redisStore({ url: `redis://${host}:${port}`, prefix: freshPrefix() });
    await expect(store.listPage()).rejects.toMatchObject({ code: "MISCONFIGURED", retryable: false });
    await expect(store.erase()).rejects.toMatchObject({ code: "MISCONFIGURED", retryable: false });
  });

  test("calls follow a slot that moves to another master between and during them", async () => {
    const prefix = freshPrefix();
    const store = redisStore({ client, prefix });
    let saved = await store.save("thread", { n: 1 });
    const record = recordKey(prefix, "thread");
    const index = record.subarray(0, record.indexOf("}") + 1);
    const slot = await admin.cluster("KEYSLOT", record.toString());
    // Other test files share the Cluster, and can have keys in the slot.
    await admin.set(Buffer.concat([index, Buffer.from("other")]), "");
    const from = admin
      .nodes("master")
      .find(({ options: { host, port } }) => `${host}:${port}` === admin.slots[slot]?.[0]);
    const to = admin.nodes("master").find((node) => node !== from);
    if (!(from instanceof Redis) || !(to instanceof Redis)) throw new Error("The test needs two masters.");
    const [source, target] = [await from.cluster("MYID"), await to.cluster("MYID")].map(String);

    await to.call("CLUSTER", "SETSLOT", String(slot), "IMPORTING", String(source));
    await from.call("CLUSTER", "SETSLOT", String(slot), "MIGRATING", String(target));
    saved = await store.save("thread", { n: 2 }, { previous: saved });
    await migrate({ from, to }, [record]);
    expect((await store.load("thread"))?.version).toBe(saved.version);
    // The record has moved and the indexes have not: Redis answers TRYAGAIN until all are on one node.
    const saving = store.save("thread", { n: 3 }, { previous: saved });
    await expect.poll(() => from.info("errorstats")).toContain("errorstat_TRYAGAIN");
    await migrate({ from, to }, [index, Buffer.concat([index, Buffer.from(".updated")])]);
    saved = await saving;
    await migrateKeys({ from, to, slot });
    for (const node of admin.nodes("master")) {
      await node.call("CLUSTER", "SETSLOT", String(slot), "NODE", String(target));
    }
    saved = await store.save("thread", { n: 4 }, { previous: saved });
    expect((await store.load("thread"))?.thread).toEqual({ n: 4 });
    expect((await store.listPage()).threads.map(({ version }) => version)).toEqual([saved.version]);
  });
});
