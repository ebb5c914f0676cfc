import { EventEmitter } from "node:events";
import { expect, it, vi } from "vitest";
import { openBrowser } from "./open-browser.ts";

const spawned: unknown[] = [];

vi.mock("node:child_process", () => ({
  spawn(program: string, parameters: readonly string[]) {
    spawned.push([program, ...parameters]);
    const child = Object.assign(new EventEmitter(), { unref: () => undefined });
    // As if the program were not installed.
    queueMicrotask(() => child.emit("error", new Error("ENOENT")));
    return child;
  },
}));

it("opens the browser of each platform without a shell, and ignores that there is none", async () => {
  const url = "http://127.0.0.1:4000/?token=a&b";
  for (const platform of ["darwin", "linux", "win32"] as const) openBrowser(url, platform);
  await new Promise((resolve) => setImmediate(resolve));
  expect(spawned).toEqual([
    ["open", url],
    ["xdg-open", url],
    ["rundll32", "url.dll,FileProtocolHandler", url],
  ]);
});
