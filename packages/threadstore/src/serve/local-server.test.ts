import { deferred } from "@threadstore/core/documents";
import { expect, it } from "vitest";
import { startLocalServer } from "./local-server.ts";

it("finishes the requests in flight, and accepts no more, when it stops", async () => {
  const [started, released] = [deferred<void>(), deferred<void>()];
  const server = await startLocalServer(async () => {
    started.resolve();
    await released.promise;
    return new Response("finished");
  }, 0);
  const address = `http://127.0.0.1:${server.port}`;
  const response = fetch(address);
  await started.promise;
  const stopped = server.stop();
  await expect(fetch(address)).rejects.toThrow("fetch failed");
  released.resolve();
  expect(await (await response).text()).toBe("finished");
  await stopped;
});

it("ends requests that take too long when it stops", async () => {
  const started = deferred<void>();
  const server = await startLocalServer(
    async ({ signal }) => {
      started.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return new Response();
    },
    0,
    50,
  );
  const response = fetch(`http://127.0.0.1:${server.port}`);
  const outcome = response.catch((error: unknown) => String(error));
  await started.promise;
  await server.stop();
  expect(await outcome).toContain("fetch failed");
});
