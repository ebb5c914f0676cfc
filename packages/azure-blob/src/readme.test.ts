import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BlobServiceClient } from "@azure/storage-blob";
import { describeWithService } from "@threadstore/services/vitest";
import { expect, test } from "vitest";
import { newContainer } from "./azurite.test-helper.ts";
import { azureBlobStore } from "./index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [example = "", withIdentity = ""] = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(
  ([, code]) => code ?? "",
);

/** Runs the code against the built package, and resolves with its output. */
async function run(code: string, environment: NodeJS.ProcessEnv): Promise<string> {
  // Inside this package, so that imports of its name resolve.
  const program = mkdtempSync(join(root, "dist", "readme-"));
  try {
    writeFileSync(join(program, "example.ts"), code);
    const env = { ...process.env, ...environment };
    return (await promisify(execFile)(process.execPath, [join(program, "example.ts")], { env })).stdout;
  } finally {
    rmSync(program, { recursive: true });
  }
}

await describeWithService("azurite", "the README", ({ connectionString }) => {
  test("has an example that runs and resumes", async () => {
    await BlobServiceClient.fromConnectionString(connectionString)
      .getContainerClient("threads")
      .createIfNotExists();
    const environment = { AZURE_STORAGE_CONNECTION_STRING: connectionString };
    expect(await run(example, environment)).toBe("Visit 1.\n");
    expect(await run(example, environment)).toBe("Visit 2.\n");
  });

  test("shows the content of a blob", async () => {
    const container = await newContainer(connectionString);
    const store = azureBlobStore({ container });
    const saved = await store.save("pirate", { messages: ["Ahoy"] });
    await store.save("pirate", { messages: ["Ahoy", "Arr"] }, { previous: saved });
    const blob = (await container.getBlobClient("~/pirate").downloadToBuffer()).toString();
    const abridged = blob.replaceAll(/("format":1,).*?\}\}/gu, "$1 … }}");
    expect(readme).toContain(`\n${abridged}\n`);
  });
});

await describeWithService("azurite-oauth", "the README", (endpoint) => {
  test("has an example with DefaultAzureCredential that runs", async () => {
    const code = withIdentity.replace("https://ACCOUNT.blob.core.windows.net", endpoint.url).replace(
      "const store",
      `import { BlobServiceClient } from "@azure/storage-blob";
await new BlobServiceClient("${endpoint.url}", new DefaultAzureCredential())
  .getContainerClient("threads")
  .createIfNotExists();
const store`,
    );
    const environment = {
      NODE_EXTRA_CA_CERTS: endpoint.certificateFile,
      IDENTITY_ENDPOINT: endpoint.identityEndpoint,
      IDENTITY_HEADER: "any",
    };
    expect(await run(code, environment)).toBe("undefined\n");
  });
});
