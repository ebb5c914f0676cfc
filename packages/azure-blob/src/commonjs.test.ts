import { createServer, type IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import * as imported from "@azure/storage-blob";
import { ThreadStoreError } from "@threadstore/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { azureBlobStore, type AzureBlobStoreOptions } from "./index.ts";

const require = createRequire(import.meta.url);

// An application that uses `require` has another copy of the vendor's classes than this package, which imports them.
const COPIES = [
  ["imported", imported],
  ["required", require("@azure/storage-blob") as typeof imported],
  ["required, in an older version", require("storage-blob-12.26") as typeof imported],
] as const;

const key = Buffer.from("key").toString("base64");
const options = { timeoutMs: 5000, maxRetries: 0 };

describe.each(COPIES)(
  "a client of the SDK, %s,",
  (_copy, { ContainerClient, StorageSharedKeyCredential }) => {
    const containerAt = (url: string): AzureBlobStoreOptions => {
      const credential = new StorageSharedKeyCredential("account", key);
      return { ...options, container: new ContainerClient(`${url}/threads`, credential) };
    };

    test.each<[string, AzureBlobStoreOptions]>([
      ["as a container", containerAt("http://127.0.0.1:1")],
      [
        "as a credential",
        {
          ...options,
          accountUrl: "http://127.0.0.1:1",
          credential: new StorageSharedKeyCredential("account", key),
          container: "threads",
        },
      ],
    ])("has a code for a refused connection: %s", async (_option, storeOptions) => {
      await using store = azureBlobStore(storeOptions);
      await expect(store.load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    });

    test.each([
      [404, "ContainerNotFound", "MISCONFIGURED"],
      [403, "AuthenticationFailed", "ACCESS_DENIED"],
      [412, "LeaseIdMissing", "UNAVAILABLE"],
      [429, "TooManyRequests", "UNAVAILABLE"],
      [503, "ServerBusy", "UNAVAILABLE"],
    ])("has a code for %d %s", async (status, errorCode, code) => {
      const { url } = await startService(status, errorCode);
      await using store = azureBlobStore(containerAt(url));
      const error: unknown = await store.load("thread").catch((reason: unknown) => reason);
      expect(ThreadStoreError.is(error) && error.code).toBe(code);
    });

    test("loads nothing for a missing blob, with a signed request", async () => {
      const { url, requests } = await startService(404, "BlobNotFound");
      for (const storeOptions of [
        containerAt(url),
        {
          ...options,
          accountUrl: url,
          credential: new StorageSharedKeyCredential("account", key),
          container: "threads",
        },
      ]) {
        await using store = azureBlobStore(storeOptions);
        expect(await store.load("thread")).toBeUndefined();
      }
      expect(requests.map(({ headers }) => headers.authorization)).toEqual([
        expect.stringMatching(/^SharedKey account:/u),
        expect.stringMatching(/^SharedKey account:/u),
      ]);
    });

    test("reports a write whose precondition failed as a conflict", async () => {
      const { url } = await startService(412, "ConditionNotMet", { GET: [404, "BlobNotFound"] });
      await using store = azureBlobStore(containerAt(url));
      const saving = store.save("thread", { x: 1 }, { previous: "0x1+10" });
      await expect(saving).rejects.toMatchObject({ code: "CONFLICT" });
    });
  },
);

/** Starts a service that answers each request with the same error, or the one of its method. */
async function startService(
  status: number,
  errorCode: string,
  byMethod: { readonly [method: string]: readonly [status: number, errorCode: string] } = {},
): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume().on("end", () => {
      const [actualStatus, code] = byMethod[request.method ?? ""] ?? [status, errorCode];
      response.writeHead(actualStatus, { "x-ms-error-code": code, "content-length": 0 }).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
