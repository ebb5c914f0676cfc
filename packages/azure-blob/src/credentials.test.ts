import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  BlobServiceClient,
  ContainerClient,
  ContainerSASPermissions,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { describeWithService } from "@threadstore/services/vitest";
import { describe, expect, test } from "vitest";
import { newContainer } from "./azurite.test-helper.ts";
import { azureBlobStore } from "./index.ts";

const denied = { code: "ACCESS_DENIED", retryable: false };
const secrets = /AccountKey|sig=|http/u;

await describeWithService("azurite", "a store", ({ connectionString }) => {
  /** What every call comes to. */
  async function use(container: ContainerClient): Promise<object> {
    await using store = azureBlobStore({ container });
    const first = await store.save("thread", { n: 1 });
    await store.save("thread", { n: 2 }, { previous: first });
    const loaded = (await store.load("thread"))?.thread;
    const { threads } = await store.listPage();
    return { loaded, listed: threads.length, deleted: await store.delete("thread") };
  }
  const everything = { loaded: { n: 2 }, listed: 1, deleted: true };

  async function withSas(permissions: string, expiresInMs = 60_000): Promise<ContainerClient> {
    const container = await newContainer(connectionString);
    const expiresOn = new Date(Date.now() + expiresInMs);
    const startsOn = new Date(Date.now() - 3_600_000);
    const url = await container.generateSasUrl({
      permissions: ContainerSASPermissions.parse(permissions),
      startsOn,
      expiresOn,
    });
    await azureBlobStore({ container }).save("mine", { n: 1 });
    return new ContainerClient(url);
  }

  test("works with a connection string", async () => {
    const { containerName } = await newContainer(connectionString);
    expect(await use(new ContainerClient(connectionString, containerName))).toEqual(everything);
  });

  test("works with an account key", async () => {
    const made = await newContainer(connectionString);
    const { accountName, accountKey } = made.credential as unknown as {
      accountName: string;
      accountKey: Buffer;
    };
    const credential = new StorageSharedKeyCredential(
      accountName,
      Buffer.from(accountKey).toString("base64"),
    );
    expect(await use(new ContainerClient(made.url, credential))).toEqual(everything);
  });

  test("works with the container of a service client", async () => {
    const { containerName } = await newContainer(connectionString);
    const service = BlobServiceClient.fromConnectionString(connectionString);
    expect(await use(service.getContainerClient(containerName))).toEqual(everything);
  });

  test("works with a SAS of the documented permissions", async () => {
    const container = await withSas("racwdl");
    await using store = azureBlobStore({ container });
    expect(await store.delete("mine")).toBe(true);
    expect(await use(container)).toEqual(everything);
  });

  test("with a SAS that may only read loads and lists, and is ACCESS_DENIED to save and delete", async () => {
    await using store = azureBlobStore({ container: await withSas("rl") });
    const saved = await store.load("mine");
    expect(saved?.thread).toEqual({ n: 1 });
    expect((await store.listPage()).threads).toHaveLength(1);
    await expect(store.save("mine", {}, { previous: saved })).rejects.toMatchObject(denied);
    await expect(store.save("new", {})).rejects.toMatchObject(denied);
    await expect(store.save("mine", {}, { overwrite: true })).rejects.toMatchObject(denied);
    await expect(store.delete("mine")).rejects.toMatchObject(denied);
    expect(await store.load("new")).toBeUndefined();
  });

  test.each([
    ["that may only write", "w", 60_000],
    ["that has expired", "racwdl", -1000],
  ])(
    "with a SAS %s is ACCESS_DENIED to load and list, and nothing is not there",
    async (_, permissions, expires) => {
      await using store = azureBlobStore({ container: await withSas(permissions, expires) });
      for (const call of [
        () => store.load("mine"),
        () => store.load("nothing"),
        () => store.listPage(),
        () => store.delete("mine"),
      ]) {
        await expect(call()).rejects.toMatchObject(denied);
      }
    },
  );

  test("with a wrong key is ACCESS_DENIED, with a message that says what to do and no secret", async () => {
    const made = await newContainer(connectionString);
    const credential = new StorageSharedKeyCredential(
      "devstoreaccount1",
      Buffer.from("wrong").toString("base64"),
    );
    await using store = azureBlobStore({ container: new ContainerClient(made.url, credential) });
    const error: unknown = await store.load("thread").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      ...denied,
      message: expect.stringContaining("Storage Blob Data Contributor"),
    });
    expect(JSON.stringify(error)).not.toMatch(secrets);
    expect(JSON.stringify(store)).not.toMatch(secrets);
    await expect(store.save("thread", {})).rejects.toMatchObject(denied);
    await expect(store.listPage()).rejects.toMatchObject(denied);
  });
});

await describeWithService("azurite-oauth", "a store with a token", (endpoint) => {
  const program = fileURLToPath(new URL("credentials-child.test-helper.ts", import.meta.url));

  /** What becomes of a store in a process that trusts the local certificate. */
  async function outcomeOf(credential: string): Promise<unknown> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [program, credential, JSON.stringify(endpoint)],
      {
        env: {
          ...process.env,
          NODE_EXTRA_CA_CERTS: endpoint.certificateFile,
          IDENTITY_ENDPOINT: endpoint.identityEndpoint,
          IDENTITY_HEADER: "any",
        },
      },
    );
    return JSON.parse(stdout);
  }

  describe.each([
    "ClientSecretCredential",
    "WorkloadIdentityCredential",
    "ManagedIdentityCredential",
    "a token",
  ])("of %s", (credential) => {
    test("works", async () => {
      expect(await outcomeOf(credential)).toEqual({ thread: { n: 2 }, listed: 1 });
    });
  });

  test.each(["a wrong secret", "a token for somebody else", "an expired token", "no credential at all"])(
    "that has %s is ACCESS_DENIED",
    async (credential) => {
      const error = { code: "ACCESS_DENIED", message: expect.not.stringMatching(secrets) };
      expect(await outcomeOf(credential)).toEqual({ save: error, load: error, list: error });
    },
  );

  test("whose server's certificate nobody trusts is MISCONFIGURED", async () => {
    const container = new ContainerClient(`${endpoint.url}/threads`, {
      getToken: () => Promise.resolve({ token: "x", expiresOnTimestamp: Date.now() + 60_000 }),
    });
    await using store = azureBlobStore({ container });
    await expect(store.load("thread")).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    });
  });
});
