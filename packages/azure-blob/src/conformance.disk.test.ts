import { register } from "@threadstore/conformance";
import { startAzurite } from "@threadstore/services";
import { variantSelection } from "@threadstore/services/variant-selection";
import { afterAll, describe, it } from "vitest";
import { harnessFor, newContainer, childProcessFor } from "./azurite.test-helper.ts";

// With blobs on disk, Azurite handles a request in more steps, and other requests run between them.
describe("azure-blob with blobs on disk", async () => {
  const azurite = await startAzurite({ disk: true });
  afterAll(azurite.stop);
  const { connectionString } = azurite.endpoint;
  const container = await newContainer(connectionString);
  const childProcess = childProcessFor(connectionString, container);
  const harness = harnessFor("azure-blob on disk", container);
  register(
    { ...harness, childProcess, timeoutFactor: 3 },
    { describe, it, after: afterAll },
    variantSelection({ cases: ["C4-2", "C4-5", "C4-9", "C5-1", "C5-2"] }),
  );
});
