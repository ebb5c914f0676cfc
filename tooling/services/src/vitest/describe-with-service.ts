/* oxlint-disable vitest/no-conditional-tests, vitest/valid-title, vitest/no-disabled-tests -- It defines suites for test files and is not a test file. */
import { beforeEach, describe, inject, it, type TestContext } from "vitest";
import type { Endpoints, ServiceName } from "../catalogue.ts";
import type { ServiceAnswer } from "./service-host.ts";

declare module "vitest" {
  interface ProvidedContext {
    serviceHost: string;
  }
}

/**
 * Defines a suite whose tests need a real server. Must be awaited at the top level of a test file.
 *
 * The first test file that needs the server starts it, and all files of the run share it: use your own key prefix,
 * container or bucket, and start a separate server for tests that crash or pause it. Each file has a separate browser.
 * The error of a failed test contains the state of the server and the end of its logs. If the server is not available,
 * the suite is skipped and its name says how to install it; with `CI=true` it fails instead.
 */
export async function describeWithService<Name extends ServiceName>(
  name: Name,
  title: string,
  suite: (endpoint: Endpoints[Name]) => void | Promise<void>,
): Promise<void> {
  const host = inject("serviceHost");
  const response = await fetch(`${host}/${name}`);
  const answer = (await response.json()) as ServiceAnswer<Name>;
  if (answer.state === "running") {
    describe(title, async () => {
      beforeEach((context) => diagnoseOnFailure(context, `${host}/${answer.instance}/diagnosis`));
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

/** Without it, a call that a stalled server does not answer fails like one that a bug in the client never sends. */
function diagnoseOnFailure({ onTestFailed }: TestContext, url: string): void {
  onTestFailed(async ({ task }) => {
    const diagnosis = (await (await fetch(url)).text()).trim();
    if (diagnosis === "") return;
    for (const error of task.result?.errors ?? []) {
      const message = `${error.message}\n${diagnosis}`;
      // Reporters show one or the other.
      if (error.stack !== undefined) error.stack = error.stack.replace(error.message, () => message);
      error.message = message;
    }
  });
}
