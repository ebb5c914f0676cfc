// The child process of credentials.test.ts. Its environment makes it trust the local certificate.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AzureCliCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from "@azure/identity";
import { ContainerClient } from "@azure/storage-blob";
import type { AzuriteOAuthEndpoint } from "@threadstore/services";
import { azureBlobStore } from "./index.ts";

const [name = "", json = ""] = process.argv.slice(2);
const endpoint = JSON.parse(json) as AzuriteOAuthEndpoint;
const { authorityHost, tenantId, clientId, clientSecret } = endpoint;
const AUTHORITY = { authorityHost, disableInstanceDiscovery: true };
const folder = mkdtempSync(join(tmpdir(), "threadstore-azure-"));

function tokenWith(claims: object): TokenCredential {
  const now = Math.floor(Date.now() / 1000);
  const defaults = {
    aud: "https://storage.azure.com",
    iss: `https://sts.windows.net/${tenantId}/`,
    iat: now,
    nbf: now - 60,
    exp: now + 60,
  };
  const parts = [
    { alg: "RS256", typ: "JWT" },
    { ...defaults, ...claims },
  ];
  const token = [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")), "x"].join(
    ".",
  );
  return { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 60_000 }) };
}

const CREDENTIALS: { readonly [name: string]: (() => TokenCredential) | undefined } = {
  ClientSecretCredential: () => new ClientSecretCredential(tenantId, clientId, clientSecret, AUTHORITY),
  WorkloadIdentityCredential: () => {
    const tokenFilePath = join(folder, "token");
    writeFileSync(tokenFilePath, "the workload's token");
    return new WorkloadIdentityCredential({ ...AUTHORITY, tenantId, clientId, tokenFilePath });
  },
  ManagedIdentityCredential: () => new ManagedIdentityCredential(),
  "a token": () => tokenWith({}),
  "a wrong secret": () => new ClientSecretCredential(tenantId, clientId, "wrong", AUTHORITY),
  "a token for another audience": () => tokenWith({ aud: "https://vault.azure.net" }),
  "an expired token": () => tokenWith({ exp: Math.floor(Date.now() / 1000) - 600 }),
  "no credential at all": () => {
    // A folder without `az`.
    process.env["PATH"] = folder;
    return new AzureCliCredential();
  },
};

function errorOf(error: unknown): object {
  const { code, message } = error as { code: string; message: string };
  return { code, message };
}

const container = new ContainerClient(`${endpoint.url}/threads`, CREDENTIALS[name]?.());
const isInvalid = /^(?:a wrong|a token for|an expired|no )/u.test(name);
if (!isInvalid) await container.createIfNotExists();
const store = azureBlobStore({ container, prefix: name.replaceAll(" ", "-") });
if (isInvalid) {
  const [save, load, list] = await Promise.all([
    store.save("thread", {}).catch(errorOf),
    store.load("thread").catch(errorOf),
    store.listPage().catch(errorOf),
  ]);
  process.stdout.write(JSON.stringify({ save, load, list }));
} else {
  const saved = await store.save("thread", { n: 1 });
  await store.save("thread", { n: 2 }, { previous: saved });
  const thread = (await store.load("thread"))?.thread;
  const { threads } = await store.listPage();
  process.stdout.write(JSON.stringify({ thread, listed: threads.length }));
}
await store.close();
rmSync(folder, { recursive: true });
