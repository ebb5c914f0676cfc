import { ContainerClient } from "@azure/storage-blob";
import { describeWithService } from "@threadstore/services/vitest";
import { beforeAll } from "vitest";
import { AWAY, describeServer, uniqueName } from "./server.test-helper.ts";

await describeWithService("azurite", "the command on Azure", ({ connectionString }) => {
  const container = uniqueName();
  const part = (name: string): string => new RegExp(`${name}=([^;]+)`, "u").exec(connectionString)?.[1] ?? "";
  const account = part("AccountName");
  const urlAt = (endpoint: string): string => `azure://${account}/${container}/agents#endpoint=${endpoint}`;

  beforeAll(() => new ContainerClient(connectionString, container).create());

  describeServer(() => ({
    url: urlAt(part("BlobEndpoint")),
    awayUrl: urlAt(`http://${AWAY}/${account}`),
    env: { AZURE_STORAGE_KEY: part("AccountKey") },
  }));
});
