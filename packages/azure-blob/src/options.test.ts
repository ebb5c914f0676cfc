import { ContainerClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { describeWithService } from "@threadstore/services/vitest";
import { describe, expect, test } from "vitest";
import { newContainer, options as call, pipelineWith, proxied, record } from "./azurite.test-helper.ts";
import { azureBlobDriver, azureBlobStore } from "./index.ts";
import { type AzureBlobDriverOptions, checkOptions } from "./options.ts";

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
    [{ container, prefix: "/" }],
    [{ container, prefix: "a//b" }],
    [{ container, prefix: "a b" }],
    [{ container, prefix: "a\\b" }],
    [{ container, prefix: "a./b" }],
    [{ container, prefix: ".." }],
    [{ container, prefix: "a~b" }],
    [{ container, prefix: "p".repeat(129) }],
  ])("%j is a TypeError", (wrong) => {
    expect(() => azureBlobDriver(wrong as AzureBlobDriverOptions)).toThrow(TypeError);
    expect(() => azureBlobStore(wrong as AzureBlobDriverOptions)).toThrow(TypeError);
  });

  test("of core are checked too", () => {
    expect(() => azureBlobStore({ container, timeoutMs: -1 })).toThrow(TypeError);
  });

  test.each([
    [undefined, ""],
    ["", ""],
    ["threads", "threads/"],
    ["a/b.c-d_e/", "a/b.c-d_e/"],
  ])("prefix %j is %j", (given, prefix) => {
    expect(checkOptions({ container, prefix: given }).prefix).toBe(prefix);
  });

  test("an account, a credential and a name are a container", () => {
    const credential = new StorageSharedKeyCredential("account", Buffer.from("key").toString("base64"));
    const accountUrl = "https://account.blob.core.windows.net";
    const checked = checkOptions({ accountUrl, credential, container: "threads" }).container;
    expect(checked.url).toBe(`${accountUrl}/threads`);
    expect(checked.credential).toBe(credential);
    const signed = checkOptions({
      accountUrl: `${accountUrl}?sv=1&sig=secret`,
      container: "threads",
    }).container;
    expect(signed.url).toBe(container.url);
  });

  test("the store's client has the URL and the credential of the given one", () => {
    expect(checkOptions({ container }).container.url).toBe(container.url);
    const credential = new StorageSharedKeyCredential("account", Buffer.from("key").toString("base64"));
    const signed = new ContainerClient("https://account.blob.core.windows.net/threads", credential);
    expect(checkOptions({ container: signed }).container.credential).toBe(credential);
    expect(checkOptions({ container: signed }).container).not.toBe(signed);
  });
});

await describeWithService("azurite", "the store's client", ({ connectionString }) => {
  test("sends a write once, whatever the given one does, and is the given one otherwise", async () => {
    const direct = await newContainer(connectionString);
    await using proxy = await proxied(direct);
    const given = new ContainerClient(proxy.container.url, direct.credential, {
      retryOptions: { maxTries: 9, retryDelayInMs: 1 },
      userAgentOptions: { userAgentPrefix: "my-agent" },
    });
    const agents = new Set<string | undefined>();
    const busy = proxy.arm({
      type: "answerHttp",
      status: 503,
      headers: { "x-ms-error-code": "ServerBusy" },
      times: 100,
      when: ({ http }) => {
        agents.add(http?.headers.get("user-agent"));
        return true;
      },
    });
    const driver = azureBlobDriver({ container: given });
    await expect(driver.write(key, record("x"), undefined, call)).rejects.toMatchObject({ statusCode: 503 });
    await expect(driver.read(key, undefined, call)).rejects.toMatchObject({ statusCode: 503 });
    await expect(driver.list("", { after: undefined, limit: 1 }, call)).rejects.toMatchObject({
      statusCode: 503,
    });
    expect(busy.strikes).toBe(3);
    expect([...agents].every((agent) => agent?.startsWith("my-agent"))).toBe(true);
    // The given client is as it was.
    await expect(given.getProperties()).rejects.toMatchObject({ statusCode: 503 });
    expect(busy.strikes).toBe(12);
  });

  test("keeps the policies of a pipeline of one's own", async () => {
    const direct = await newContainer(connectionString);
    const urls: string[] = [];
    const given = new ContainerClient(
      direct.url,
      pipelineWith(direct.credential, (url) => urls.push(url)),
    );
    await azureBlobDriver({ container: given }).read(key, undefined, call);
    expect(urls).toEqual([`${direct.url}/~/thread`]);
  });

  test("sends nothing before the first call", async () => {
    await using proxy = await proxied(await newContainer(connectionString));
    const store = azureBlobStore({ container: proxy.container });
    await store.close();
    expect(proxy.connections).toBe(0);
    await using used = azureBlobStore({ container: proxy.container });
    await used.load("thread");
    expect(proxy.connections).toBe(1);
  });
});
