import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { ContainerClient } from "@azure/storage-blob";
import { LLMock } from "@copilotkit/aimock";
import { azureBlobStore } from "@threadstore/azure-blob";
import { redisStore } from "@threadstore/redis";
import { describeWithService } from "@threadstore/services/vitest";
import { sqliteStore } from "@threadstore/sqlite";
import Sqlite from "better-sqlite3";
import { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type LocalModel, startLocalModel } from "./demo/local-model.ts";

let model: LocalModel;
let folder: string;

/** Runs an example twice, as a user would: the second process continues the conversation of the first. */
async function expectConversation(name: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const first = await runExample(name, environment);
  expect(first).toEqual({ code: 0, output: expect.stringContaining("get hooked") });
  const second = await runExample(name, environment);
  expect(second).toEqual({ code: 0, output: expect.stringContaining("Arrr!") });
}

beforeAll(async () => {
  model = await startLocalModel();
  folder = await mkdtemp(join(tmpdir(), "threadstore-examples-"));
});

afterAll(async () => {
  await model.stop();
  await rm(folder, { recursive: true });
});

/** Runs an example in a new process, as a user would. Resolves with its output and exit code. */
async function runExample(
  name: string,
  extra: NodeJS.ProcessEnv = {},
  ...parameters: string[]
): Promise<{ code: unknown; output: string }> {
  const { AZURE_OPENAI_ENDPOINT: _, ...environment } = process.env;
  const child = spawn(process.execPath, [join(import.meta.dirname, name), ...parameters], {
    cwd: folder,
    env: { ...environment, OPENAI_BASE_URL: model.url, OPENAI_API_KEY: "local", ...extra },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
  const [code] = await once(child, "close");
  return { code, output };
}

it("branches.ts continues both branches of an edited conversation", async () => {
  const { code, output } = await runExample("branches.ts");
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^Now: Which joke\?/u) });
  expect(output).toContain("In the other branch: Arrr!");
  expect(output).toMatch(/^fork: \S+-2$/mu);
  expect(output.match(/^\S+Z \d+ bytes/gmu)).toHaveLength(3);
});

it("undo.ts goes back to the version before", async () => {
  for (let run = 0; run < 2; run += 1) {
    expect(await runExample("undo.ts")).toEqual({
      code: 0,
      output: [
        "items { removed: [ 'buy milk', 'call Ada' ], added: [] }",
        '{"title":"Notes","items":["buy milk","call Ada"]}',
        "4 versions\n",
      ].join("\n"),
    });
  }
});

describe.each(["sqlite.ts", "file-system.ts", "history.ts"])("%s", (name) => {
  it("continues the conversation in a second process", () => expectConversation(name, {}));
});

await describeWithService("redis", "redis.ts", ({ url }) => {
  // A separate database, because the example uses the default prefix.
  it("continues the conversation in a second process", async () => {
    const store = redisStore({ url: `${url}/9` });
    await store.delete("pirate");
    await store.close();
    await expectConversation("redis.ts", { REDIS_URL: `${url}/9` });
  });
});

await describeWithService("postgres", "postgres.ts", ({ url }) => {
  // A separate schema, because the example uses the default prefix.
  it("continues the conversation in a second process", async () => {
    const pool = new Pool({ connectionString: url });
    await pool.query("CREATE SCHEMA example");
    const inSchema = Object.assign(new URL(url), { search: "options=-csearch_path%3Dexample" });
    await expectConversation("postgres.ts", { DATABASE_URL: inSchema.href });
    await pool.query("DROP SCHEMA example CASCADE");
    await pool.end();
  });
});

await describeWithService("azurite", "azure-blob.ts", ({ connectionString }) => {
  it("continues the conversation in a second process", async () => {
    const container = new ContainerClient(connectionString, "threads");
    await container.createIfNotExists();
    await azureBlobStore({ container }).delete("pirate");
    await expectConversation("azure-blob.ts", { AZURE_STORAGE_CONNECTION_STRING: connectionString });
  });
});

await describeWithService("s3", "s3.ts", ({ endpoint, region, accessKeyId, secretAccessKey }) => {
  it("continues the conversation in a second process", async () => {
    const client = new S3Client({
      endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
      forcePathStyle: true,
    });
    const Bucket = `examples-${Date.now()}`;
    await client.send(new CreateBucketCommand({ Bucket }));
    client.destroy();
    await expectConversation("s3.ts", {
      BUCKET: Bucket,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    });
  });
});

describe("azure-openai.ts", () => {
  /** Puts a fake `az` first in the PATH, in place of the Azure CLI, and logs its arguments in `az.log`. */
  async function installAzureCli(script: string): Promise<NodeJS.ProcessEnv> {
    const bin = await mkdtemp(join(folder, "az-"));
    await writeFile(join(bin, "az"), `#!/bin/sh\necho "$@" >> ${join(bin, "az.log")}\n${script}\n`, {
      mode: 0o755,
    });
    return {
      PATH: `${bin}:${process.env["PATH"]}`,
      AZURE_OPENAI_ENDPOINT: new URL(model.url).origin,
      OPENAI_BASE_URL: undefined,
      OPENAI_API_KEY: undefined,
      AZURE_LOG: join(bin, "az.log"),
    };
  }

  it("continues the conversation in a second process, authenticated with the Azure CLI", async () => {
    const token = JSON.stringify({ accessToken: "t", expires_on: Math.round(Date.now() / 1000) + 3600 });
    const environment = await installAzureCli(`echo '${token}'`);
    await expectConversation("azure-openai.ts", environment);
    const calls = (await readFile(environment["AZURE_LOG"] ?? "", "utf8")).trim().split("\n");
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatch(/^account get-access-token .*--resource https:\/\/cognitiveservices.azure.com/u);
  });

  it("explains how to sign in if `az login` is missing", async () => {
    const environment = await installAzureCli('echo "Please run az login to setup account." >&2; exit 1');
    const { code, output } = await runExample("azure-openai.ts", environment);
    expect(output).toContain("CLIENT_FAILED");
    expect(output).toContain("Please run 'az login'");
    expect(code).toBe(1);
  });
});

it("memory.ts shows a conflict and a listing", async () => {
  const { code, output } = await runExample("memory.ts");
  expect(output).toContain("conflict: the thread is at another version");
  expect(output).toContain("pirate { title: 'Pirates' }");
  expect(code).toBe(0);
});

it("conversation.ts saves itself and continues in a second process", async () => {
  await expectConversation("conversation.ts", {});
});

it("layers.ts keeps the picture in the older versions of an encrypted thread", async () => {
  const { code, output } = await runExample("layers.ts", { THREADS_KEY: randomBytes(32).toString("base64") });
  expect({ code, lines: output.trim().split("\n") }).toEqual({
    code: 0,
    lines: [
      expect.stringMatching(/^\d+ bytes, without the picture$/u),
      expect.stringMatching(/^8\d{4} bytes, with the picture$/u),
      expect.stringMatching(/^8\d{4} bytes, with the picture$/u),
    ],
  });
});

it("races.ts loses no turn under any policy", async () => {
  const { code, output } = await runExample("races.ts");
  expect(output.trim().split("\n")).toEqual([
    "rebase: 4 messages",
    "retry: 4 messages",
    "reject: 2 messages not saved",
    "lease: 4 messages",
  ]);
  expect(code).toBe(0);
});

it("stopping.ts keeps the beginning of the answer, and closes the turn", async () => {
  const { code, output } = await runExample("stopping.ts");
  expect(output).toMatch(
    /^The turn is stopped. The answer so far: ".+"\nClosed a turn. 0 messages removed.\n./u,
  );
  expect(code).toBe(0);
});

it("redelivery.ts answers a message once, however often it is delivered", async () => {
  for (const kinds of [
    ["answered", "repeated"],
    ["repeated", "repeated"],
  ]) {
    const { code, output } = await runExample("redelivery.ts");
    const lines = output.trim().split("\n");
    expect([code, ...lines.map((line) => line.split(":")[0])]).toEqual([0, ...kinds]);
    expect(new Set(lines.map((line) => line.slice(10))).size).toBe(1);
  }
});

it("approvals.ts is answered by another process", async () => {
  const shop = await LLMock.create({ host: "127.0.0.1", port: 0, logLevel: "silent" });
  onTestFinished(() => shop.stop());
  shop.on({ hasToolResult: false }, { toolCalls: [{ name: "refund", arguments: '{"order":"7"}' }] });
  shop.on({ hasToolResult: true }, { content: "Order 7 was paid back." });
  const environment = { OPENAI_BASE_URL: `${shop.url}/v1` };
  const asked = await runExample("approvals.ts", environment);
  expect(asked).toEqual({ code: 0, output: 'May refund run with {"order":"7"}?\n' });
  const answered = await runExample("approvals.ts", environment, "yes");
  expect(answered).toEqual({ code: 0, output: "Order 7 was paid back.\n" });
});

it("from-agent-framework.ts continues a conversation from Python and writes it back", async () => {
  const fixture = import.meta.resolve("@threadstore/agent-framework/package.json");
  const file = fileURLToPath(new URL("src/golden/python-session-joke.json", fixture));
  const { code, output } = await runExample("from-agent-framework.ts", {}, file);
  expect(output).toContain("python-session []\nArrr!");
  expect(code).toBe(0);
  for (const name of ["back.json", "csharp.json"]) {
    expect(await readFile(join(folder, name), "utf8")).toContain("Arrr!");
  }
});

describe("the examples", () => {
  it("are at most 40 lines each", async () => {
    const files = (await readdir(import.meta.dirname)).filter((name) => /^[\w-]+\.ts$/u.test(name));
    expect(files.length).toBeGreaterThanOrEqual(7);
    for (const file of files) {
      const lines = (await readFile(join(import.meta.dirname, file), "utf8")).trimEnd().split("\n");
      expect(lines.length, file).toBeLessThanOrEqual(40);
    }
  });
});

describe("the demo", () => {
  it("shows one conversation in two processes, with the file and the versions", async () => {
    const { code, output } = await runExample("demo/demo.ts");
    const pids = [...output.matchAll(/^Process (\d+)$/gmu)].map(([, pid]) => pid);
    expect(new Set(pids).size).toBe(2);
    const versions = [...output.matchAll(/saved +version (\S+),/gu)].map(([, version]) => version);
    expect(new Set(versions).size).toBe(2);
    expect(output).toContain(`loaded    version ${versions[0]}, 2 messages`);
    // The second process prints the whole conversation, so the joke appears twice.
    expect(output.match(/assistant +Why is pirating so addictive/gu)).toHaveLength(2);
    expect(output).toMatch(/assistant +Arrr!/u);
    expect(output).toContain("threads.db");
    expect(output).toContain(`process ${pids[1]} continued the conversation that process ${pids[0]} started`);
    expect(code).toBe(0);
  });

  it("reports missing credentials in one sentence", async () => {
    const { code, output } = await runExample("demo/process.ts", { OPENAI_API_KEY: "" }, "x.db", "Hello");
    expect(output).toContain("OPENAI_API_KEY");
    expect(output).not.toContain("    at ");
    expect(code).toBe(1);
  });

  it.each([
    ["a folder that does not exist", "/nowhere/threads.db", "MISCONFIGURED"],
    ["a file that is not a database", join(import.meta.dirname, "package.json"), "MISCONFIGURED"],
  ])("reports %s in one sentence", async (_, path, code) => {
    const result = await runExample("demo/process.ts", {}, path, "Hello");
    expect(result.code).toBe(1);
    expect(result.output).toMatch(new RegExp(`^${code}: .+\\.$`, "mu"));
    expect(result.output).not.toContain("    at ");
  });
});

describe("erase.ts", () => {
  it("erases a tenant and files a receipt", async () => {
    const store = sqliteStore({ path: join(folder, "threads.db") });
    const tenant = store.namespace("tenant-7");
    for (const view of [store, tenant, tenant.namespace("ann")]) await view.save("kept or erased", { n: 1 });
    const { code, output } = await runExample("erase.ts", {}, "tenant-7");
    const receipt = { tenant: "tenant-7", threads: 2, bytes: 14, finishedAt: expect.any(String) as string };
    expect([code, JSON.parse(output)]).toEqual([0, expect.objectContaining(receipt)]);
    expect((await store.namespaces()).namespaces).not.toContain("tenant-7");
    expect(await store.load("kept or erased")).toBeDefined();
    await store.close();
  });
});

it("retention.ts deletes expired threads in every namespace, and export.ts writes those of a person", async () => {
  // The clock of this store is a year behind, so that its threads have expired.
  const store = sqliteStore({
    path: join(folder, "threads.db"),
    now: () => Date.now() - 365 * 24 * 3_600_000,
  });
  const ann = store.namespace("retention").namespace("ann");
  for (const view of [store, ann]) await view.save("expired", { n: 1 }, { ttlMs: 1000 });
  await store.close();
  expect(await runExample("retention.ts")).toEqual({ code: 0, output: "Deleted 2 expired threads.\n" });
  expect((await runExample("retention.ts")).output).toBe("Deleted 0 expired threads.\n");
  const exporting = sqliteStore({ path: join(folder, "threads.db") });
  const person = exporting.namespace("ann");
  const long = "x".repeat(400);
  const ids = ["kept/1", "Kept/1", "KEPT/1", ".", "..", "con", "a.json", "\u00e9", "e\u0301", long, "index"];
  for (const id of ids) await person.save(id, `{"n": 1.0, "id": ${JSON.stringify(id)}}`);
  for (const nested of [
    ["work"],
    ["Work"],
    [".."],
    ["a.json"],
    ["work", "2026"],
    ["empty", "deep", "deeper"],
  ]) {
    const view = nested.reduce((parent, level) => parent.namespace(level), person);
    await view.save("kept/1", JSON.stringify({ nested }), { metadata: { title: nested.join() } });
  }
  await exporting.namespace("bob").save("kept/1", "{}");
  await person.save("damaged", "{}");
  await exporting.close();
  const database = new Sqlite(join(folder, "threads.db"));
  const damage = database.prepare("UPDATE threadstore_threads SET trailer = x'00ff' WHERE id = ?");
  expect(damage.run(Buffer.from("damaged")).changes).toBe(1);
  database.close();
  for (let run = 0; run < 2; run++) {
    expect(await runExample("export.ts", {}, "ann", "export-of-ann")).toEqual({ code: 0, output: "" });
  }
  const exported = join(folder, "export-of-ann");
  expect(await readFile(join(exported, "kept%2F1.json"), "utf8")).toBe('{"n": 1.0, "id": "kept/1"}');
  const files = (await readdir(exported, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(exported, join(parentPath, name)));
  const index = (await readFile(join(exported, "threads.jsonl"), "utf8")).trim().split("\n");
  const lines = index.map((line) => JSON.parse(line) as { namespace: string[]; id: string; file: string });
  expect(lines).toContainEqual({ namespace: [], id: "damaged", corrupt: true });
  const entries = lines.filter(({ id }) => id !== "damaged");
  expect(entries).toHaveLength(ids.length + 6);
  expect(files.toSorted()).toEqual([...entries.map(({ file }) => file), "threads.jsonl"].toSorted());
  expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(files.length);
  for (const { namespace, id, file } of entries) {
    const content = await readFile(join(exported, file), "utf8");
    expect(content).toBe(
      namespace.length === 0
        ? `{"n": 1.0, "id": ${JSON.stringify(id)}}`
        : JSON.stringify({ nested: namespace }),
    );
  }
});

it("slow-calls.ts logs the call that fails", async () => {
  const { code, output } = await runExample("slow-calls.ts");
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/^save on memory: CONFLICT after \d+ ms, \d+ requests$/mu),
  ]);
});

describe("append.ts", () => {
  it("appends each delivery once, also when it runs again", async () => {
    const first = await runExample("append.ts");
    expect([first.code, first.output.match(/appended/gu)]).toEqual([0, ["appended", "appended"]]);
    const second = await runExample("append.ts");
    expect([second.code, second.output.match(/was a repetition/gu)?.length]).toEqual([0, 3]);
  });
});
