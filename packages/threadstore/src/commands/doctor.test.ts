import { randomBytes } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { ContainerClient } from "@azure/storage-blob";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { forwardChanges, forwardOperations, wrapThreadStore } from "@threadstore/core/decorator";
import { fileSystemStore } from "@threadstore/file-system";
import { describeWithService } from "@threadstore/services/vitest";
import { sqliteStore } from "@threadstore/sqlite";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Outcome, type RunOptions, runIn, temporaryFolder } from "../cli/cli.test-helper.ts";
import { diagnoseClock, type Diagnosis } from "../doctor/diagnosis.ts";
import { diagnoseSettings } from "../doctor/examine-postgres.ts";
import { diagnoseInfo } from "../doctor/examine-redis.ts";
import { examineStore } from "../doctor/examine-store.ts";

const folder = temporaryFolder();
const cli = (parameters: readonly string[], options?: RunOptions): Promise<Outcome> =>
  runIn(folder(), parameters, options);

async function doctor(
  url: string,
  env?: RunOptions["env"],
): Promise<{ exitCode: number; results: Record<string, string> }> {
  const { exitCode, stdout, stderr } = await cli(["doctor", url, "--json"], env && { env });
  expect(stderr).toBe("");
  const { diagnoses } = JSON.parse(stdout) as { diagnoses: Diagnosis[] };
  return { exitCode, results: Object.fromEntries(diagnoses.map(({ check, result }) => [check, result])) };
}

/** What a safe store of every kind has. */
const SAFE = {
  permissions: "ok",
  "conditional creates": "ok",
  "conditional saves": "ok",
  "conditional deletes": "ok",
  "reads after writes": "ok",
  "latency of saves": expect.any(String),
  "latency of loads": expect.any(String),
};

afterEach(() => vi.unstubAllEnvs());

describe("doctor", () => {
  it("approves of a database, and leaves nothing in it", async () => {
    const store = sqliteStore({ path: join(folder(), "threads.db") });
    await store.save("kept", {});
    await chmod(join(folder(), "threads.db"), 0o600);
    const { results } = await doctor("sqlite:threads.db");
    expect(results).toMatchObject({ ...SAFE, journal: "ok", integrity: "ok", access: "ok" });
    expect((await store.namespaces()).namespaces).toEqual([]);
    await store.close();
    const { stdout } = await cli(["doctor", "sqlite:threads.db"]);
    expect(stdout).toMatch(/^ok +conditional saves +1 of 8 concurrent writers succeeded$/mu);
  });

  it("reports files that other users can access, with a remedy", async () => {
    await mkdir(join(folder(), "files"));
    const store = fileSystemStore({ folder: join(folder(), "files") });
    await store.save("kept", {});
    await store.close();
    await chmod(join(folder(), "files"), 0o755);
    const { exitCode, stdout } = await cli(["doctor", "file:files"]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^warning +access +mode 755: other users can access it$/mu);
    expect(stdout).toContain("\n\naccess: Remove their access with chmod o=.\n");
  });

  it.each<[string, (store: ThreadStore) => ThreadStore, string[]]>([
    [
      "ignores the conditions of saves",
      (inner) =>
        wrapThreadStore(inner, {
          name: "unconditional",
          operations: (namespace) => ({
            ...forwardOperations(namespace),
            ...forwardChanges(namespace),
            save: async ({ id, thread }) => ({
              stored: await namespace.inner.save(id, thread.value, { overwrite: true }),
            }),
          }),
        }),
      ["conditional creates", "conditional saves"],
    ],
    [
      "ignores the conditions of deletes",
      (inner) =>
        wrapThreadStore(inner, {
          name: "unconditional",
          operations: (namespace) => ({
            ...forwardOperations(namespace),
            ...forwardChanges(namespace),
            delete: ({ id }) => namespace.inner.delete(id),
          }),
        }),
      ["conditional deletes"],
    ],
    [
      "shows earlier states in listings",
      (inner) =>
        wrapThreadStore(inner, {
          name: "late",
          operations: (namespace) => ({
            ...forwardOperations(namespace),
            ...forwardChanges(namespace),
            listPage: async () => ({ threads: [], cursor: undefined }),
          }),
        }),
      ["reads after writes"],
    ],
  ])("fails a store that %s", async (_, decorate, expected) => {
    const diagnoses = await examineStore(decorate(memoryStore()), new AbortController().signal);
    const failed = diagnoses.filter(({ result }) => result === "failed");
    expect(failed.map(({ check }) => check)).toEqual(expected);
    expect(failed.every(({ remedy }) => remedy !== undefined)).toBe(true);
  });

  it("only reports the cause if a store cannot be used", async () => {
    const { exitCode, stdout } = await cli(["doctor", "redis://user:hunter2@127.0.0.1:1#timeoutMs=200"]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^failed +permissions +UNAVAILABLE/mu);
    expect(stdout).toMatch(/^unknown +server /mu);
    expect(stdout).not.toContain("conditional");
    expect(stdout).not.toContain("hunter2");
  });

  it.each([
    [0, "ok", "within 2 s"],
    [-1900, "ok", "within 2 s"],
    [-60_000, "warning", "60.0 s behind this machine"],
    [3_600_000, "warning", "3600.0 s ahead of this machine"],
  ])("reports a clock that differs by %i ms as %s", (difference, result, detail) => {
    expect(diagnoseClock(1000 + difference, 1000, 1000)).toMatchObject({
      result,
      detail: expect.stringContaining(detail),
    });
  });
});

describe("settings of servers", () => {
  const problems = (diagnoses: readonly Diagnosis[]): string[] =>
    diagnoses.filter(({ result }) => result !== "ok").map(({ check, result }) => `${check}: ${result}`);

  it.each([
    [{ aof_enabled: "0" }, ["durability: warning"]],
    [{ appendfsync: "no" }, ["durability: warning"]],
    [{ appendfsync: "everysec" }, []],
    [{ maxmemory_policy: "allkeys-lru" }, ["eviction: warning"]],
    [{ role: "slave" }, ["role: failed"]],
    [{}, []],
  ])("that are unsafe in Redis are reported: %j", (settings, expected) => {
    const info = { redis_version: "7.0.15", aof_enabled: "1", role: "master", ...settings };
    expect(problems(diagnoseInfo(new Map(Object.entries(info))))).toEqual(expected);
  });

  it.each([
    [{ fsync: "off" }, ["durability: failed"]],
    [{ full_page_writes: "off" }, ["durability: failed"]],
    [{ is_replica: true }, ["role: failed"]],
    [{}, []],
  ])("that are unsafe in PostgreSQL are reported: %j", (settings, expected) => {
    const safe = { version: "17", fsync: "on", full_page_writes: "on", is_replica: false, milliseconds: "0" };
    expect(problems(diagnoseSettings({ ...safe, ...settings }))).toEqual(expected);
  });
});

await describeWithService("redis", "doctor for Redis", ({ url }) => {
  it("asks the server for its durability", async () => {
    const { results } = await doctor(`${url}#prefix=doctor-${process.pid}`);
    const server = { clock: "ok", version: "ok", durability: "ok", role: "ok", eviction: "ok" };
    expect(results).toMatchObject({ ...SAFE, ...server });
  });
});

await describeWithService("postgres", "doctor for PostgreSQL", ({ url }) => {
  it("asks the server for its durability, and does not create tables", async () => {
    const location = `${url}#tablePrefix=doctor_${process.pid}_`;
    const missing = await doctor(location);
    expect([missing.exitCode, missing.results["permissions"]]).toEqual([1, "failed"]);
    const { results } = await doctor(`${location}&createTables=true`);
    expect(results).toMatchObject({ ...SAFE, clock: "ok", version: "ok", role: "ok" });
    expect(["ok", "failed"]).toContain(results["durability"]);
  });
});

await describeWithService("s3", "doctor for S3", ({ endpoint, region, accessKeyId, secretAccessKey }) => {
  it("examines a bucket by its URL, with the credentials of the environment", async () => {
    const credentials = { accessKeyId, secretAccessKey };
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    const bucket = `cli-${randomBytes(6).toString("hex")}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
    vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
    const options = `#endpoint=${endpoint}&region=${region}&forcePathStyle=true`;
    const { results } = await doctor(`s3://${bucket}/agents${options}`);
    expect(results).toMatchObject(SAFE);
    expect(["ok", "unknown"]).toContain(results["clock"]);
  });
});

await describeWithService("azurite", "doctor for Azure", ({ connectionString }) => {
  it("examines a container by its URL, with the key of the environment", async () => {
    const container = `cli-${randomBytes(6).toString("hex")}`;
    await new ContainerClient(connectionString, container).create();
    const parts = new Map(
      [...connectionString.matchAll(/(\w+)=([^;]+)/gu)].map(([, name, value]) => [name, value]),
    );
    const endpoint = parts.get("BlobEndpoint") ?? "";
    const url = `azure://${parts.get("AccountName")}/${container}/agents#endpoint=${endpoint}`;
    const { results } = await doctor(url, { AZURE_STORAGE_KEY: parts.get("AccountKey") });
    expect(results).toMatchObject({ ...SAFE, clock: "ok" });
  });
});
