import { register } from "@threadstore/conformance";
import { startAzurite } from "@threadstore/services";
import { variantSelection } from "@threadstore/services/variant-selection";
import { afterAll, describe, it } from "vitest";
import { childProcessFor, Containers, harnessFor } from "./azurite.test-helper.ts";

// With blobs on disk, Azurite handles a request in more steps, and other requests run between them.
describe("azure-blob with blobs on disk", async () => {
  const azurite = await startAzurite({ disk: true });
  afterAll(azurite.stop);
  const containers = new Containers(azurite.endpoint.connectionString);
  const childProcess = childProcessFor(containers);
  const harness = harnessFor("azure-blob on disk", containers);
  register(
    { ...harness, childProcess, timeoutFactor: 3 },
    { describe, it, after: afterAll },
    variantSelection({ cases: ["C4-2", "C4-5", "C4-9", "C5-1", "C5-2"] }),
  );
});
