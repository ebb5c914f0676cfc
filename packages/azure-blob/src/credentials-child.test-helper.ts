// What credentials.test.ts runs in a process of its own, whose environment has it trust the local certificate.
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
const local = { authorityHost, disableInstanceDiscovery: true };
const folder = mkdtempSync(join(tmpdir(), "threadstore-azure-"));

function tokenWith(claims: object): TokenCredential {
  const now = Math.floor(Date.now() / 1000);
  const all = {
    aud: "https://storage.azure.com",
    iss: `https://sts.windows.net/${tenantId}/`,
    iat: now,
    nbf: now - 60,
    exp: now + 60,
  };
  const parts = [
    { alg: "RS256", typ: "JWT" },
    { ...all, ...claims },
  ];
  const token = [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")), "x"].join(
    ".",
  );
  return { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 60_000 }) };
}

const credentials: { readonly [name: string]: (() => TokenCredential) | undefined } = {
  ClientSecretCredential: () => new ClientSecretCredential(tenantId, clientId, clientSecret, local),
  WorkloadIdentityCredential: () => {
    const tokenFilePath = join(folder, "token");
    writeFileSync(tokenFilePath, "the workload's own token");
    return new WorkloadIdentityCredential({ ...local, tenantId, clientId, tokenFilePath });
  },
  ManagedIdentityCredential: () => new ManagedIdentityCredential(),
  "a token": () => tokenWith({}),
  "a wrong secret": () => new ClientSecretCredential(tenantId, clientId, "wrong", local),
  "a token for somebody else": () => tokenWith({ aud: "https://vault.azure.net" }),
  "an expired token": () => tokenWith({ exp: Math.floor(Date.now() / 1000) - 600 }),
  "no credential at all": () => {
    // Where no `az` is.
    process.env["PATH"] = folder;
    return new AzureCliCredential();
  },
};

function outcome(error: unknown): object {
  const { code, message } = error as { code: string; message: string };
  return { code, message };
}

const container = new ContainerClient(`${endpoint.url}/threads`, credentials[name]?.());
const isWrong = /^(?:a wrong|a token for|an expired|no )/u.test(name);
if (!isWrong) await container.createIfNotExists();
const store = azureBlobStore({ container, prefix: name.replaceAll(" ", "-") });
if (isWrong) {
  const [save, load, list] = await Promise.all([
    store.save("thread", {}).catch(outcome),
    store.load("thread").catch(outcome),
    store.listPage().catch(outcome),
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
