// node bench/src/listings.ts [--threads N] [NAME...]: how long the first pages of large listings take on each backend.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { BlobServiceClient, ContainerSASPermissions } from "@azure/storage-blob";
import { azureBlobStore } from "@threadstore/azure-blob";
import { type ListOptions, memoryStore, type ThreadStore } from "@threadstore/core";
import { fileSystemStore } from "@threadstore/file-system";
import { postgresStore } from "@threadstore/postgres";
import { redisStore } from "@threadstore/redis";
import { s3Store } from "@threadstore/s3";
import { startAzurite, startCeph, startPostgres, startRedis } from "@threadstore/services";
import { sqliteStore } from "@threadstore/sqlite";
import { turnMessages } from "./messages.ts";

interface OpenBackend {
  readonly store: ThreadStore;
  readonly stop: () => unknown;
}

const BACKENDS: { readonly [name: string]: () => Promise<OpenBackend> } = {
  memory: async () => ({ store: memoryStore(), stop: () => undefined }),
  sqlite: async () => inFolder((folder) => sqliteStore({ path: join(folder, "threads.db") })),
  "file-system": async () => inFolder((folder) => fileSystemStore({ folder: join(folder, "threads") })),
  async redis() {
    const { endpoint, stop } = await startRedis();
    return { store: redisStore({ url: endpoint.url }), stop };
  },
  async postgres() {
    const { endpoint, stop } = await startPostgres();
    return { store: postgresStore({ url: endpoint.url }), stop };
  },
  async "azure-blob"() {
    const { endpoint, stop } = await startAzurite();
    const account = BlobServiceClient.fromConnectionString(endpoint.connectionString);
    const { containerClient } = await account.createContainer(`b-${randomBytes(8).toString("hex")}`);
    const sas = await containerClient.generateSasUrl({
      permissions: ContainerSASPermissions.parse("racwdl"),
      expiresOn: new Date(Date.now() + 86_400_000),
    });
    const accountUrl = `${account.url}?${sas.split("?")[1] ?? ""}`;
    return { store: azureBlobStore({ accountUrl, container: containerClient.containerName }), stop };
  },
  async s3() {
    const { endpoint: service, stop } = await startCeph({ store: "memstore" });
    const { endpoint, region, accessKeyId, secretAccessKey } = service;
    const credentials = { accessKeyId, secretAccessKey };
    const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
    const bucket = `bench-${randomBytes(8).toString("hex")}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return { store: s3Store({ endpoint, region, forcePathStyle: true, credentials, bucket }), stop };
  },
};

function inFolder(open: (folder: string) => ThreadStore): OpenBackend {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-listings-"));
  return { store: open(folder), stop: () => rmSync(folder, { recursive: true, force: true }) };
}

const LISTINGS: readonly (readonly [title: string, options: ListOptions])[] = [
  ["20 by id", {}],
  ["20 latest", { order: "updated" }],
  ["20 latest with a prefix of 100 threads", { order: "updated", prefix: "t-12" }],
  ["20 latest where 100 threads match", { order: "updated", where: { owner: "user-7" } }],
];

const RUNS = 9;

/** Returns the median time of a page, in milliseconds, and how many threads it had. */
async function measure(store: ThreadStore, options: ListOptions): Promise<string> {
  const times: number[] = [];
  let count = 0;
  for (let run = 0; run <= RUNS; run += 1) {
    const started = performance.now();
    const { threads } = await store.listPage({ ...options, limit: 20, metadata: true });
    // The first run opens connections and compiles code.
    if (run > 0) times.push(performance.now() - started);
    count = threads.length;
  }
  const median = times.toSorted((one, other) => one - other)[Math.floor(RUNS / 2)] ?? Number.NaN;
  const share = count === 20 ? "" : ` (${count} threads)`;
  return `${median < 10 ? median.toFixed(1) : Math.round(median)} ms${share}`;
}

async function fill(store: ThreadStore, count: number): Promise<void> {
  const concurrency = 16;
  const save = async (lane: number): Promise<void> => {
    for (let n = lane; n < count; n += concurrency) {
      const id = `t-${String(n).padStart(4, "0")}`;
      await store.save(id, { messages: turnMessages(1) }, { metadata: { owner: `user-${n % 100}` } });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, (_, lane) => save(lane)));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: "string", default: "10000" } },
});
print(`| ${values.threads} threads | ${LISTINGS.map(([title]) => title).join(" | ")} |`);
print(`|---|${"---|".repeat(LISTINGS.length)}`);
for (const name of positionals.length > 0 ? positionals : Object.keys(BACKENDS)) {
  const open = BACKENDS[name];
  if (open === undefined) throw new Error(`The backends are ${Object.keys(BACKENDS).join(", ")}.`);
  const { store, stop } = await open();
  try {
    await fill(store, Number(values.threads));
    const cells: string[] = [];
    for (const [, options] of LISTINGS) cells.push(await measure(store, options));
    print(`| ${name} | ${cells.join(" | ")} |`);
  } finally {
    await store.close();
    await stop();
  }
}
