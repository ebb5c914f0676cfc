import { isDeepStrictEqual } from "node:util";
import { growThread } from "@threadstore/conformance";
import type { FaultProxy } from "@threadstore/conformance/fault-proxy";
import type { ThreadStore } from "@threadstore/core";
import { ALL_BY_ID, metadataHashes, type PageRequest } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tablesOf } from "./keys.ts";
import { namespacesStatement } from "./list-namespaces.ts";
import { pageQuery } from "./list.ts";
import { startProxyTo } from "./postgres-protocol.test-helper.ts";
import { postgresStore } from "./postgres-store.ts";
import { altered, directConnection, dropTables, freshPrefix } from "./postgres.test-helper.ts";
import { CHUNK_BYTES } from "./schema.ts";

interface Cost {
  readonly statements: number;
  readonly sent: number;
  readonly received: number;
}

/** What the protocol adds to the parameters of a statement that the connection has prepared. */
const STATEMENT_BYTES = 250;

await describeWithService("postgres", "the cost of calls", ({ url }) => {
  const { direct, end } = directConnection(url);
  const tablePrefix = freshPrefix();
  let proxy: FaultProxy;
  let store: ThreadStore;
  beforeAll(async () => {
    proxy = await startProxyTo(url);
    const connectionString = altered(url, { host: `127.0.0.1:${proxy.port}` });
    // What is counted does not depend on the disk, and hundreds of saves need not wait for it.
    const connection = { connectionString, max: 1, options: "-c synchronous_commit=off" };
    store = postgresStore({ connection, synchronousCommit: "inherit", tablePrefix });
    const warm = await store.save("warm", { messages: [] });
    await store.save("warm", { messages: [1] }, { previous: warm });
    await store.append("warm", [2]);
    await store.load("warm");
    await store.delete("warm");
  });
  afterAll(async () => {
    await store.close();
    await proxy.close();
    await dropTables(direct, tablePrefix);
    await end();
  });

  async function costOf(work: () => Promise<unknown>): Promise<Cost> {
    const { bytesUp, bytesDown, requests } = proxy;
    await work();
    return {
      statements: proxy.requests - requests,
      sent: proxy.bytesUp - bytesUp,
      received: proxy.bytesDown - bytesDown,
    };
  }

  const messages = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(1500)}`);
  const turn = { messages: [...messages, "y".repeat(1000)] };

  test("appending a turn to a long thread sends that turn and at most one chunk more, in one statement without its text", async () => {
    const saved = await store.save("long", { messages });
    expect(saved.size).toBeGreaterThan(300_000);
    const cost = await costOf(() => store.save("long", turn, { previous: saved }));
    expect(cost.statements).toBe(1);
    expect(cost.sent).toBeLessThan(1000 + CHUNK_BYTES + STATEMENT_BYTES + 600);
    expect(cost.received).toBeLessThan(300);
    expect((await store.load("long"))?.thread).toEqual(turn);
  });

  describe("growing a thread", () => {
    async function costFor(turns: number): Promise<{ sent: number; wal: number }> {
      const position = async (): Promise<number> => {
        const [row] = await direct("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS at");
        return Number(row?.["at"]);
      };
      const before = await position();
      const { sent } = await costOf(() => growThread(store, { id: `${turns} turns`, turns }));
      return { sent, wal: (await position()) - before };
    }

    test("sends and writes an amount proportional to its size: for 800 turns at most 9 times as much as for 100", async () => {
      const [short, long] = [await costFor(100), await costFor(800)];
      expect(long.sent / short.sent).toBeLessThan(9);
      // Other tests write to the log of the shared server, too. Rewritten threads would cost 60 times as much.
      expect(long.wal / short.wal).toBeLessThan(30);
    });
  });

  test("a load is one statement, and transfers nothing of a cached thread that is unchanged", async () => {
    const saved = await store.save("loaded", { messages });
    const uncached = await costOf(() => store.load("loaded"));
    expect(uncached.statements).toBe(1);
    expect(uncached.received).toBeLessThan(1.01 * saved.size);
    const cached = await costOf(() => store.load("loaded", { cached: saved }));
    expect(cached.statements).toBe(1);
    expect(cached.received).toBeLessThan(500);
    expect((await costOf(() => store.load("missing"))).statements).toBe(1);
  });

  test("creating is one statement, and deleting is two, which do not transfer the content", async () => {
    await store.save("deleted", { messages });
    expect((await costOf(() => store.save("small", {}))).statements).toBe(1);
    const cost = await costOf(() => store.delete("deleted"));
    expect(cost.statements).toBe(2);
    expect(cost.received).toBeLessThan(8192);
  });

  test("a page is one statement, whose cost depends on the page and not on how many or how long threads exist", async () => {
    const view = store.namespace("pages");
    const page = (): Promise<Cost> => costOf(() => view.listPage({ limit: 5 }));
    for (const id of ["a", "b", "c", "d", "e", "f"]) await view.save(id, { messages });
    const before = await page();
    expect(before.statements).toBe(1);
    expect(before.received).toBeLessThan(6 * 1000);
    const tables = tablesOf({ tablePrefix });
    await direct(`INSERT INTO ${tables.threads} (namespace, id, version, size, trailer, updated_at)
      SELECT namespace, convert_to('x' || n, 'UTF8'), version, size, trailer, updated_at - n
      FROM ${tables.threads}, generate_series(1, 5000) AS n WHERE namespace = 'pages' AND id = 'a'`);
    await direct(`ANALYZE ${tables.threads}`);
    expect(await page()).toEqual(before);
  });

  test("a page searches the index of its order, or that of metadata", async () => {
    const tables = tablesOf({ tablePrefix });
    await direct(`INSERT INTO ${tables.threads} (namespace, id, version, size, trailer, updated_at)
      SELECT convert_to('plans', 'UTF8'), convert_to('x' || n, 'UTF8'), 'v', 0, '', n
      FROM generate_series(1, 5000) AS n`);
    const [rare] = metadataHashes("plans", { kind: "rare" });
    const [usual] = metadataHashes("plans", { kind: "usual" });
    await direct(`INSERT INTO ${tables.metadata} (hash, thread)
      SELECT CASE WHEN size = 0 AND updated_at % 100 = 0 THEN ${rare} ELSE ${usual} END, thread FROM ${tables.threads}
      WHERE namespace = 'plans'`);
    await direct(`ANALYZE ${tables.threads}, ${tables.metadata}`);
    const planFor = async (request: Partial<PageRequest>): Promise<string> => {
      const { statement, values } = pageQuery(tables, "plans", { ...ALL_BY_ID, limit: 6, ...request });
      const rows = await direct(`EXPLAIN ${statement}`, [...values]);
      return rows.flatMap(Object.values).join("\n");
    };
    const index = (name: string): string => `Index Scan using ${tablePrefix}${name}`;
    const byId = index("threads_namespace_id_key");
    const byRecency = index("threads_namespace_updated_at_id_idx");
    const order = "updated";
    const where = { kind: "rare" };
    const plans: [Partial<PageRequest>, string][] = [
      [{ after: "x1", prefix: "x" }, byId],
      [{ order }, byRecency],
      [{ order, after: "2500 x2500" }, byRecency],
      [{ order, prefix: "x4711" }, byId],
      [{ where }, index("threads_pkey")],
      [{ order, where, after: "2500 x2500" }, index("threads_pkey")],
    ];
    for (const [request, expected] of plans) {
      const plan = await planFor(request);
      expect(plan).toContain(expected);
      expect(plan).not.toMatch(/Seq Scan on \w*(?:threads|chunks|metadata)/u);
    }
  });

  test("a page of namespaces is one statement, whose cost does not depend on how many threads they have", async () => {
    const tables = tablesOf({ tablePrefix });
    const view = store.namespace("tenants");
    for (const name of ["a", "b", "c"]) await view.namespace(name).save("t", {});
    const before = await costOf(() => view.namespaces());
    expect(before.statements).toBe(1);
    await direct(`INSERT INTO ${tables.threads} (namespace, id, version, size, trailer, updated_at)
      SELECT convert_to('tenants/' || chr(97 + n % 2), 'UTF8'), convert_to('x' || n, 'UTF8'), 'v', 0, '', n
      FROM generate_series(1, 20000) AS n`);
    await direct(`ANALYZE ${tables.threads}`);
    expect(await costOf(() => view.namespaces())).toEqual(before);
    const parameters = [Buffer.from("tenants"), Buffer.from("tenants/"), Buffer.from("tenants0"), true, 101];
    const explain = `EXPLAIN (ANALYZE, FORMAT JSON) ${namespacesStatement(tables)}`;
    const plan = JSON.stringify((await direct(explain, parameters)).flatMap(Object.values));
    const scans = [...plan.matchAll(/"Node Type":"([^"]*Scan)"[^{}]*?"Relation Name":"\w*threads"/gu)];
    expect(scans.length).toBeGreaterThanOrEqual(3);
    for (const [, scan] of scans) expect(scan).toMatch(/^Index (?:Only )?Scan$/u);
    // Each search reads one entry of the index.
    const rows = [...plan.matchAll(/"Relation Name":"\w*threads"[^{}]*?"Actual Rows":([\d.]+)/gu)];
    expect(Math.max(...rows.map(([, count]) => Number(count)))).toBeLessThanOrEqual(1);
    await direct(`DELETE FROM ${tables.threads} WHERE version = 'v'`);
  });

  test("an erase is one statement for the namespaces, one for a page of each, and one for each thread", async () => {
    const view = store.namespace("erased");
    for (const name of ["a", "b"]) for (const id of ["t", "u"]) await view.namespace(name).save(id, {});
    expect((await costOf(() => view.erase())).statements).toBe(1 + 2 + 4);
  });

  test("a save changes the index of metadata only if the metadata changes", async () => {
    const tables = tablesOf({ tablePrefix });
    const rowsOf = async (id: string): Promise<unknown[]> =>
      direct(
        `SELECT hash::text, m.ctid::text AS place, m.xmin::text AS writer FROM ${tables.metadata} AS m
         JOIN ${tables.threads} AS t ON t.thread = m.thread WHERE id = $1 ORDER BY 1`,
        [Buffer.from(id)],
      );
    const first = await store.save("described", { n: 1 }, { metadata: { owner: "ann", title: "A" } });
    const rows = await rowsOf("described");
    expect(rows).toHaveLength(2);
    const second = await store.save("described", { n: 2 }, { previous: first });
    expect(await rowsOf("described")).toEqual(rows);
    await store.save("described", { n: 3 }, { previous: second, metadata: { owner: "ann", title: "B" } });
    const changed = await rowsOf("described");
    expect(changed).toHaveLength(2);
    expect(changed.filter((row) => rows.some((old) => isDeepStrictEqual(old, row)))).toHaveLength(1);
    await store.delete("described");
    expect(await rowsOf("described")).toEqual([]);
  });

  test("an append costs the same at 10,000 messages as at 100, in two statements", async () => {
    const appendTo = async (count: number): Promise<Cost> => {
      await store.save(`chat-${count}`, { messages: Array(count).fill("x".repeat(300)) });
      return costOf(() => store.append(`chat-${count}`, ["y".repeat(300)], { key: "delivery" }));
    };
    const [short, long] = [await appendTo(100), await appendTo(10_000)];
    expect([short.statements, long.statements]).toEqual([2, 2]);
    expect(long.sent + long.received).toBeLessThan(1.5 * (short.sent + short.received));
    const touched = await costOf(() => store.touch("chat-10000", { ttlMs: 1_000_000 }));
    expect(touched.statements).toBe(2);
    expect(touched.sent + touched.received).toBeLessThan(2 * STATEMENT_BYTES + 8000);
  });

  test("an append writes only the last chunk, and reads the last two", async () => {
    const { chunks, threads } = tablesOf({ tablePrefix });
    await store.save("chunks", { messages: Array(1000).fill("x".repeat(300)) });
    const writers = async (): Promise<unknown[]> =>
      direct(
        `SELECT sequence, c.xmin::text AS writer FROM ${chunks} AS c JOIN ${threads} AS t ON t.thread = c.thread
         WHERE id = $1 ORDER BY 1`,
        [Buffer.from("chunks")],
      );
    const before = await writers();
    await store.append("chunks", ["y".repeat(300)]);
    const after = await writers();
    const kept = after.filter((row) => before.some((old) => isDeepStrictEqual(old, row)));
    expect(before.length - kept.length).toBeLessThanOrEqual(1);
    expect(after.length - before.length).toBeLessThanOrEqual(1);
  });
});
