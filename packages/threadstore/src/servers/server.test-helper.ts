// A day of an operator on one kind of server. Each test file runs it on another one.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { expect, it } from "vitest";
import { type Outcome, type RunOptions, runIn, temporaryFolder } from "../cli/cli.test-helper.ts";

/** A server, by its URL. */
export interface TestedServer {
  readonly url: string;
  /** The same URL with the address of a port on which nothing listens, and the password {@link PASSWORD}. */
  readonly awayUrl: string;
  readonly env?: RunOptions["env"];
}

export const PASSWORD = "hunter2hunter2hunter2";
/** Nothing listens there. */
export const AWAY = "127.0.0.1:1";
const THREADS = 24;
/** How soon an operator wants to know that a server is away. */
const PATIENCE_MS = 15_000;

/** Returns a name that no other test uses. */
export function uniqueName(): string {
  return `cli-${randomBytes(6).toString("hex")}`;
}

/** Runs commands on the server. */
interface Operator {
  readonly url: () => string;
  readonly open: (name: string) => ThreadStore;
  readonly run: (...parameters: string[]) => Promise<Outcome>;
  /** Runs a command that must succeed, and resolves with its output. */
  readonly print: (...parameters: string[]) => Promise<string>;
  /** Does the same with the JSON that it printed. */
  readonly json: (...parameters: string[]) => Promise<unknown>;
}

/** Registers the tests, in whose order the operator works. `server` is called when they run. */
export function describeServer(server: () => TestedServer): void {
  const folder = temporaryFolder();
  const run: Operator["run"] = (...parameters) => runIn(folder(), parameters, { env: server().env ?? {} });
  const print: Operator["print"] = async (...parameters) => {
    const { exitCode, stdout, stderr } = await run(...parameters);
    expect([parameters[0], exitCode, stderr]).toEqual([parameters[0], 0, ""]);
    return stdout;
  };
  const operator: Operator = {
    url: () => server().url,
    open: (name) => sqliteStore({ path: join(folder(), name), synchronous: "normal" }),
    run,
    print,
    json: async (...parameters) => JSON.parse(await print(...parameters)) as unknown,
  };
  it("moves a store to it, looks into it, and moves it back", async () => {
    const { moved, returned } = await moveAround(operator);
    expect(returned).toEqual([moved, moved]);
  });
  it("examines and measures it, and leaves nothing", async () => {
    expect(await examine(operator)).toMatchObject({ namespaces: [{ name: "acme" }] });
  });
  it("deletes from it by policy, by owner and by namespace, with receipts", async () => {
    expect(await deleteAll(operator)).toMatchObject({ threads: 0 });
  });
  it.each([
    ["ls", ""],
    ["erase", "&maxRetries=0"],
  ])("reports soon that it is away: %s", async (command, option) => {
    const startedAt = performance.now();
    const { exitCode, stdout, stderr } = await run(command, server().awayUrl + option, "-n", "acme");
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/^threadstore: UNAVAILABLE \([a-z0-9-]+\): .*127\.0\.0\.1:1/u);
    expect(stderr).not.toContain(PASSWORD);
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
  });
}

/** Copies threads to the server, and back in two ways. Resolves with the original contents and both results. */
async function moveAround({
  url,
  open,
  json,
  print,
}: Operator): Promise<{ readonly moved: object; readonly returned: object[] }> {
  const store = open("local.db");
  await fill(store);
  const moved = await contentsOf(store);
  await store.close();
  await print("copy", "sqlite:local.db", url());
  const listing = (await json("ls", url(), "-n", "acme/eu", "--limit", "1000", "--json")) as Listing;
  expect(listing.threads).toHaveLength(THREADS);
  expect(await print("show", url(), "pirate")).toContain("Ahoy");
  const counts = { threads: THREADS + 3, namespaces: 3, corrupt: 0, expiring: 1 };
  expect(await json("stats", url(), "--json")).toMatchObject(counts);
  expect(await json("check", url(), "--json")).toMatchObject({ corrupt: [] });
  await print("export", url(), "all.jsonl");
  await print("import", "all.jsonl", "sqlite:imported.db");
  await print("copy", url(), "sqlite:copied.db");
  const returned: object[] = [];
  for (const name of ["imported.db", "copied.db"]) {
    const copy = open(name);
    returned.push(await contentsOf(copy));
    await copy.close();
  }
  return { moved, returned };
}

interface Listing {
  readonly threads: readonly object[];
}

/** Resolves with the tree of namespaces after that. */
async function examine({ url, run, json }: Operator): Promise<unknown> {
  // The server of a test may have settings that a backend must not have.
  const { stdout } = await run("doctor", url(), "--json");
  const { diagnoses } = JSON.parse(stdout) as { diagnoses: object[] };
  expect(diagnoses).toContainEqual(expect.objectContaining({ check: "conditional saves", result: "ok" }));
  const measured = await json("bench", url(), "--seconds", "1", "--json");
  expect(measured).toMatchObject({ rows: { length: 15 }, conflicts: { lost: 0 } });
  return json("ls", url(), "--tree", "--json");
}

/** Resolves with the statistics after that. */
async function deleteAll({ url, run, json }: Operator): Promise<unknown> {
  const policy = ["retain", url(), "-n", "acme/eu", "--keep-newest", "20"];
  const dry = await run(...policy);
  expect([dry.exitCode, dry.stdout]).toEqual([4, expect.stringContaining("Would delete 4 threads")]);
  expect(await json(...policy, "--yes")).toMatchObject({ threads: 4, corrupt: 0 });
  const erased = await json("erase", url(), "--where", "owner=ann", "--yes");
  expect(erased).toMatchObject({ threads: 2, corrupt: 0 });
  expect(await json("expire", url(), "--yes", "--json")).toMatchObject({ expired: 0 });
  expect(await json("erase", url(), "--all", "--yes")).toMatchObject({ threads: 21 });
  return json("stats", url(), "--json");
}

/** Saves threads in three namespaces: two of them are of ann, and one has an expiry. */
async function fill(store: ThreadStore): Promise<void> {
  const ann = { owner: "ann" };
  await store.save("pirate", { messages: [{ role: "user", content: "Ahoy" }] }, { metadata: ann });
  await store.save("expiring", { messages: [] }, { ttlMs: 1e9 });
  await store
    .namespace("acme")
    .save("exact", '{ "n" : [1.0, 1e400], "e":"\u00e9\u2028" }', { metadata: ann });
  const nested = store.namespace("acme").namespace("eu");
  for (let n = 0; n < THREADS; n += 1) await nested.save(`t${n}`, { n }, { metadata: { owner: "bob" } });
}

/** Returns everything that is stored, by the place of each thread. */
async function contentsOf(view: ThreadStore, path = ""): Promise<Record<string, unknown>> {
  const contents: Record<string, unknown> = {};
  for await (const { id } of view.list()) {
    const { json, metadata, createdAt, updatedAt, expiresAt } = (await view.load(id)) ?? {};
    contents[`${path}/${id}`] = [json, metadata, createdAt, updatedAt, expiresAt];
  }
  for (const name of (await view.namespaces()).namespaces) {
    Object.assign(contents, await contentsOf(view.namespace(name), `${path}/${name}`));
  }
  return contents;
}
