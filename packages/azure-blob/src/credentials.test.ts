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
import { expect, test } from "vitest";
import { newContainer } from "./azurite.test-helper.ts";
import { azureBlobStore } from "./index.ts";

const DENIED = { code: "ACCESS_DENIED", retryable: false };
const SECRETS = /AccountKey|sig=|http/u;

await describeWithService("azurite", "credentials", ({ connectionString }) => {
  /** Makes every call, and resolves with the results. */
  async function useStore(container: ContainerClient): Promise<object> {
    await using store = azureBlobStore({ container });
    const first = await store.save("thread", { n: 1 });
    await store.save("thread", { n: 2 }, { previous: first });
    const loaded = (await store.load("thread"))?.thread;
    const { threads } = await store.listPage();
    return { loaded, listed: threads.length, deleted: await store.delete("thread") };
  }
  const RESULTS = { loaded: { n: 2 }, listed: 1, deleted: true };

  async function withSas(permissions: string, expiresInMs = 60_000): Promise<ContainerClient> {
    const container = await newContainer(connectionString);
    const expiresOn = new Date(Date.now() + expiresInMs);
    const startsOn = new Date(Date.now() - 3_600_000);
    const url = await container.generateSasUrl({
      permissions: ContainerSASPermissions.parse(permissions),
      startsOn,
      expiresOn,
    });
    await azureBlobStore({ container }).save("existing", { n: 1 });
    return new ContainerClient(url);
  }

  test("can be a connection string", async () => {
    const { containerName } = await newContainer(connectionString);
    expect(await useStore(new ContainerClient(connectionString, containerName))).toEqual(RESULTS);
  });

  test("can be an account key", async () => {
    const container = await newContainer(connectionString);
    const { accountName, accountKey } = container.credential as unknown as {
      accountName: string;
      accountKey: Buffer;
    };
    const credential = new StorageSharedKeyCredential(
      accountName,
      Buffer.from(accountKey).toString("base64"),
    );
    expect(await useStore(new ContainerClient(container.url, credential))).toEqual(RESULTS);
  });

  test("can be those of a service client", async () => {
    const { containerName } = await newContainer(connectionString);
    const service = BlobServiceClient.fromConnectionString(connectionString);
    expect(await useStore(service.getContainerClient(containerName))).toEqual(RESULTS);
  });

  test("can be a SAS with the documented permissions", async () => {
    const container = await withSas("racwdl");
    await using store = azureBlobStore({ container });
    expect(await store.delete("existing")).toBe(true);
    expect(await useStore(container)).toEqual(RESULTS);
  });

  test("with read permissions only: load and list work, save and delete are ACCESS_DENIED", async () => {
    await using store = azureBlobStore({ container: await withSas("rl") });
    const saved = await store.load("existing");
    expect(saved?.thread).toEqual({ n: 1 });
    expect((await store.listPage()).threads).toHaveLength(1);
    await expect(store.save("existing", {}, { previous: saved })).rejects.toMatchObject(DENIED);
    await expect(store.save("new", {})).rejects.toMatchObject(DENIED);
    await expect(store.save("existing", {}, { overwrite: true })).rejects.toMatchObject(DENIED);
    await expect(store.delete("existing")).rejects.toMatchObject(DENIED);
    expect(await store.load("new")).toBeUndefined();
  });

  test.each([
    ["without read permission", "w", 60_000],
    ["that has expired", "racwdl", -1000],
  ])(
    "a SAS %s is ACCESS_DENIED for load, list and delete, even if the thread does not exist",
    async (_, permissions, expires) => {
      await using store = azureBlobStore({ container: await withSas(permissions, expires) });
      for (const call of [
        () => store.load("existing"),
        () => store.load("missing"),
        () => store.listPage(),
        () => store.delete("existing"),
      ]) {
        await expect(call()).rejects.toMatchObject(DENIED);
      }
    },
  );

  test("a wrong key is ACCESS_DENIED, with a message that has the remedy and no secrets", async () => {
    const container = await newContainer(connectionString);
    const credential = new StorageSharedKeyCredential(
      "devstoreaccount1",
      Buffer.from("wrong").toString("base64"),
    );
    await using store = azureBlobStore({ container: new ContainerClient(container.url, credential) });
    const error: unknown = await store.load("thread").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      ...DENIED,
      message: expect.stringContaining("Storage Blob Data Contributor"),
    });
    expect(JSON.stringify(error)).not.toMatch(SECRETS);
    expect(JSON.stringify(store)).not.toMatch(SECRETS);
    await expect(store.save("thread", {})).rejects.toMatchObject(DENIED);
    await expect(store.listPage()).rejects.toMatchObject(DENIED);
  });
});

await describeWithService("azurite-oauth", "token credentials", (endpoint) => {
  const program = fileURLToPath(new URL("credentials-child.test-helper.ts", import.meta.url));

  /** Uses a store in a process that trusts the local certificate, and resolves with the results. */
  async function resultsWith(credential: string): Promise<unknown> {
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

  test.each(["ClientSecretCredential", "WorkloadIdentityCredential", "ManagedIdentityCredential", "a token"])(
    "%s works",
    async (credential) => {
      expect(await resultsWith(credential)).toEqual({ thread: { n: 2 }, listed: 1 });
    },
  );

  test.each(["a wrong secret", "a token for another audience", "an expired token", "no credential at all"])(
    "%s is ACCESS_DENIED",
    async (credential) => {
      const error = { code: "ACCESS_DENIED", message: expect.not.stringMatching(SECRETS) };
      expect(await resultsWith(credential)).toEqual({ save: error, load: error, list: error });
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
