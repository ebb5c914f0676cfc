/* oxlint-disable vitest/no-conditional-tests, vitest/valid-title, vitest/no-disabled-tests -- It makes suites for test files, and is none. */
import { describe, inject, it } from "vitest";
import type { Endpoints, ServiceName } from "../catalogue.ts";
import type { ServiceAnswer } from "./service-host.ts";

declare module "vitest" {
  interface ProvidedContext {
    serviceHost: string;
  }
}

/**
 * A `describe` whose tests need a real server: `await` it at the top level of a test file.
 *
 * The server is started by the first file of the run that asks, and is shared by all: keep to a key prefix, container
 * or bucket of your own, and do not hurt it (a test that kills its server starts one of its own). Where it cannot be had
 * the suite is skipped and its name says how to get it; under `CI=true` that is a failure.
 */
export async function describeWithService<Name extends ServiceName>(
  name: Name,
  title: string,
  suite: (endpoint: Endpoints[Name]) => void | Promise<void>,
): Promise<void> {
  const response = await fetch(`${inject("serviceHost")}/${name}`);
  const answer = (await response.json()) as ServiceAnswer<Name>;
  if (answer.state === "running") {
    describe(title, async () => {
      await suite(answer.endpoint);
    });
  } else if (answer.state === "unavailable" && process.env["CI"] !== "true") {
    describe(title, () => {
      it.skip(answer.message, () => undefined);
    });
  } else {
    throw new Error(answer.message);
  }
}
