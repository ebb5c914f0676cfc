import type { ThreadStore } from "@threadstore/core";
import { UsageError } from "../usage-error.ts";
import type { OpenContext, StoreAdapter } from "./adapter.ts";
import { importPackage } from "./import-package.ts";
import { readOptions, type StoreUrl } from "./store-url.ts";

export const S3: StoreAdapter = {
  label: (url) => `s3:${url.rest}${endpointOf(url)}`,
  async open(url, { folder }) {
    const [bucket = "", ...path] = segmentsOf(url, "s3://bucket/prefix");
    const prefix = path.join("/").replace(/(?<=[^/])$/u, "/");
    const options = readOptions(url, { region: "string", endpoint: "string", forcePathStyle: "boolean" });
    const { s3Store } = await importPackage<typeof import("@threadstore/s3")>(
      { name: "@threadstore/s3", with: ["@aws-sdk/client-s3"] },
      folder,
    );
    return s3Store({ bucket, ...(path.length === 0 ? {} : { prefix }), ...options });
  },
};

const AZURE_EXAMPLE = "azure://account/container";

export const AZURE: StoreAdapter = {
  label: (url) => `azure:${url.rest}${endpointOf(url)}`,
  async open(url, context) {
    const [account = "", container = "", ...path] = segmentsOf(url, AZURE_EXAMPLE);
    if (container === "") throw new UsageError(`The azure URL is invalid. Write it like ${AZURE_EXAMPLE}.`);
    const { endpoint = `https://${account}.blob.core.windows.net`, ...options } = readOptions(url, {
      endpoint: "string",
    });
    const common = { container, prefix: path.join("/"), ...options };
    return openAzure({ account, endpoint: String(endpoint), common }, context);
  },
};

/** Returns the host of another service than the default one, for the label. */
function endpointOf({ options }: StoreUrl): string {
  const endpoint = options.get("endpoint");
  return endpoint !== undefined && URL.canParse(endpoint) ? ` at ${new URL(endpoint).host}` : "";
}

/** Returns the host and the folders of a URL that has nothing else. */
function segmentsOf({ scheme, rest }: StoreUrl, example: string): string[] {
  const match = /^\/\/([^/@?\s]+(?:\/[^?\s]*)?)$/u.exec(rest);
  if (match?.[1] === undefined)
    throw new UsageError(`The ${scheme} URL is invalid. Write it like ${example}.`);
  const [host = "", ...folders] = match[1].split("/");
  return folders.at(-1) === "" && folders.length > 1 ? [host, ...folders.slice(0, -1)] : [host, ...folders];
}

interface AzureLocation {
  readonly account: string;
  readonly endpoint: string;
  readonly common: { readonly container: string; readonly prefix: string };
}

/** The credential comes from the variables that the Azure CLI reads, or from @azure/identity. */
async function openAzure(
  { account, endpoint, common }: AzureLocation,
  { folder, env }: OpenContext,
): Promise<ThreadStore> {
  const { azureBlobStore } = await importPackage<typeof import("@threadstore/azure-blob")>(
    { name: "@threadstore/azure-blob", with: ["@azure/storage-blob"] },
    folder,
  );
  const { AZURE_STORAGE_SAS_TOKEN: sas, AZURE_STORAGE_KEY: key } = env;
  if (sas !== undefined)
    return azureBlobStore({ ...common, accountUrl: `${endpoint}?${sas.replace(/^\?/u, "")}` });
  if (key !== undefined) {
    const { StorageSharedKeyCredential } = await importPackage<typeof import("@azure/storage-blob")>(
      { name: "@azure/storage-blob" },
      folder,
    );
    const credential = new StorageSharedKeyCredential(account, key);
    return azureBlobStore({ ...common, accountUrl: endpoint, credential });
  }
  const { DefaultAzureCredential } = await importPackage<typeof import("@azure/identity")>(
    { name: "@azure/identity" },
    folder,
  );
  return azureBlobStore({ ...common, accountUrl: endpoint, credential: new DefaultAzureCredential() });
}
