import { ContainerClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { ALL_BY_ID } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { describe, expect, test } from "vitest";
import { driverOptions, newContainer, pipelineWith, proxyTo, record } from "./azurite.test-helper.ts";
import { azureBlobDriver, azureBlobStore } from "./index.ts";
import { type AzureBlobDriverOptions, resolveOptions } from "./options.ts";

const container = new ContainerClient("https://account.blob.core.windows.net/threads?sv=1&sig=secret");
const key = { namespace: "", id: "thread" };

describe("options", () => {
  test.each([
    [undefined],
    [null],
    [{}],
    [{ container: "threads" }],
    [{ container: { url: container.url, credential: container.credential } }],
    [{ container, accountUrl: "https://account.blob.core.windows.net" }],
    [{ accountUrl: "https://account.blob.core.windows.net" }],
    [{ accountUrl: "https://account.blob.core.windows.net", container: "" }],
    [{ accountUrl: "account", container: "threads" }],
    [{ container, prefix: 1 }],
    [{ container, prefixes: "a" }],
    [{ container, prefix: "/" }],
    [{ container, prefix: "a//b" }],
    [{ container, prefix: "a b" }],
    [{ container, prefix: "a\\b" }],
    [{ container, prefix: "a./b" }],
    [{ container, prefix: ".." }],
    [{ container, prefix: "a~b" }],
    [{ container, prefix: "p".repeat(129) }],
  ])("%j throws a TypeError", (invalid) => {
    expect(() => azureBlobDriver(invalid as AzureBlobDriverOptions)).toThrow(TypeError);
    expect(() => azureBlobStore(invalid as AzureBlobDriverOptions)).toThrow(TypeError);
  });

  test("of every store are checked too", () => {
    expect(() => azureBlobStore({ container, timeoutMs: -1 })).toThrow(TypeError);
  });

  test.each([
    [undefined, ""],
    ["", ""],
    ["threads", "threads/"],
    ["a/b.c-d_e/", "a/b.c-d_e/"],
  ])("prefix %j is resolved to %j", (option, prefix) => {
    expect(resolveOptions({ container, prefix: option }).prefix).toBe(prefix);
  });

  test("an account, a credential and a name identify a container", () => {
    const credential = new StorageSharedKeyCredential("account", Buffer.from("key").toString("base64"));
    const accountUrl = "https://account.blob.core.windows.net";
    const resolved = resolveOptions({ accountUrl, credential, container: "threads" }).container;
    expect(resolved.url).toBe(`${accountUrl}/threads`);
    expect(resolved.credential).toBe(credential);
    const signed = resolveOptions({
      accountUrl: `${accountUrl}?sv=1&sig=secret`,
      container: "threads",
    }).container;
    expect(signed.url).toBe(container.url);
  });

  test("the store's client has the URL and credential of the caller's", () => {
    expect(resolveOptions({ container }).container.url).toBe(container.url);
    const credential = new StorageSharedKeyCredential("account", Buffer.from("key").toString("base64"));
    const signed = new ContainerClient("https://account.blob.core.windows.net/threads", credential);
    expect(resolveOptions({ container: signed }).container.credential).toBe(credential);
    expect(resolveOptions({ container: signed }).container).not.toBe(signed);
  });
});

await describeWithService("azurite", "the store's client", ({ connectionString }) => {
  test("sends each request once and otherwise keeps the settings of the caller's client", async () => {
    const direct = await newContainer(connectionString);
    await using proxy = await proxyTo(direct);
    const callersClient = new ContainerClient(proxy.container.url, direct.credential, {
      retryOptions: { maxTries: 9, retryDelayInMs: 1 },
      userAgentOptions: { userAgentPrefix: "my-agent" },
    });
    const agents = new Set<string | undefined>();
    const busy = proxy.arm({
      type: "respondHttp",
      status: 503,
      headers: { "x-ms-error-code": "ServerBusy" },
      times: 100,
      when: ({ http }) => {
        agents.add(http?.headers.get("user-agent"));
        return true;
      },
    });
    const driver = azureBlobDriver({ container: callersClient });
    const rejected = { cause: { statusCode: 503 } };
    const page = { ...ALL_BY_ID, limit: 1 };
    await expect(driver.write(key, record("x"), undefined, driverOptions)).rejects.toMatchObject(rejected);
    await expect(driver.read(key, undefined, driverOptions)).rejects.toMatchObject(rejected);
    await expect(driver.list("", page, driverOptions)).rejects.toMatchObject(rejected);
    expect(busy.strikes).toBe(3);
    expect([...agents].every((agent) => agent?.startsWith("my-agent"))).toBe(true);
    // The caller's client is unchanged.
    await expect(callersClient.getProperties()).rejects.toMatchObject({ statusCode: 503 });
    expect(busy.strikes).toBe(12);
  });

  test("keeps the policies of a custom pipeline", async () => {
    const direct = await newContainer(connectionString);
    const urls: string[] = [];
    const callersClient = new ContainerClient(
      direct.url,
      pipelineWith(direct.credential, (url) => urls.push(url)),
    );
    await azureBlobDriver({ container: callersClient }).read(key, undefined, driverOptions);
    expect(urls).toEqual([`${direct.url}/~/thread`]);
  });

  test("sends nothing before the first call", async () => {
    await using proxy = await proxyTo(await newContainer(connectionString));
    const store = azureBlobStore({ container: proxy.container });
    await store.close();
    expect(proxy.connections).toBe(0);
    await using used = azureBlobStore({ container: proxy.container });
    await used.load("thread");
    expect(proxy.connections).toBe(1);
  });
});
