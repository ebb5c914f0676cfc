// Preloaded into every Azurite process (`node --import`).
import { createRequire } from "node:module";
import { azuriteLoki, keepIndicesOnRemoval } from "./removals.ts";

interface CollectorModule {
  readonly default: { readonly prototype: { markSweep: () => Promise<void> } };
}

interface Environment {
  readonly flags: { readonly blobKeepAliveTimeout: number };
  blobKeepAliveTimeout: (this: Environment) => number;
}

interface EnvironmentModule {
  readonly default: { readonly prototype: Environment };
}

const WATCH_INTERVAL_MS = 500;
const REPORTED_STALL_MS = 2_000;

const require = createRequire(import.meta.url);

applyKeepAliveOption();
disableExtentCollection();
keepIndicesOnRemoval(azuriteLoki());
// Not while the program is being loaded.
setImmediate(reportStalls);

/**
 * Azurite reads its option `--blobKeepAliveTimeout` under another name, and therefore ignores it: it closes
 * connections after 5 idle seconds, even those on which the client is just sending a request.
 */
function applyKeepAliveOption(): void {
  const { default: Environment } = require("azurite/dist/src/blob/BlobEnvironment.js") as EnvironmentModule;
  if (typeof Environment.prototype.blobKeepAliveTimeout !== "function")
    throw new Error(
      "Azurite does not have BlobEnvironment.blobKeepAliveTimeout anymore. Adapt azurite/preload.ts.",
    );
  Environment.prototype.blobKeepAliveTimeout = function () {
    return this.flags.blobKeepAliveTimeout;
  };
}

/**
 * Ten minutes after its start, Azurite deletes the extents of deleted blobs. Each deletion re-sorts an index of all
 * extents, and the loop never yields to the event loop: 4000 extents block the server for 27 s, 8000 for 100 s. The
 * test suite creates more than that, and on a slow machine it is still running after ten minutes.
 */
function disableExtentCollection(): void {
  const { default: Collector } = require("azurite/dist/src/blob/gc/BlobGCManager.js") as CollectorModule;
  if (typeof Collector.prototype.markSweep !== "function")
    throw new Error("Azurite does not have BlobGCManager.markSweep anymore. Adapt azurite/preload.ts.");
  Collector.prototype.markSweep = () => Promise.resolve();
}

/** Writes to the log how long the event loop stood still, and whether this process was computing meanwhile. */
function reportStalls(): void {
  let time = performance.now();
  let cpu = process.cpuUsage();
  const watch = setInterval(() => {
    const stalledMs = performance.now() - time - WATCH_INTERVAL_MS;
    const { user, system } = process.cpuUsage(cpu);
    if (stalledMs > REPORTED_STALL_MS) {
      const [stalled, used] = [stalledMs / 1e3, (user + system) / 1e6].map((seconds) => seconds.toFixed(1));
      console.error(
        `The event loop was blocked for ${stalled} s, in which Azurite got ${used} s of CPU time.`,
      );
    }
    time = performance.now();
    cpu = process.cpuUsage();
  }, WATCH_INTERVAL_MS);
  watch.unref();
}
