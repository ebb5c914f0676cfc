import { Worker } from "node:worker_threads";
import { cases } from "../cases/index.ts";

export interface Watchdog {
  /** Names the case that runs from now on. */
  readonly caseStarted: (id: string) => void;
  readonly stop: () => Promise<number>;
}

/** How much CPU time the process may use while its event loop does not turn, in milliseconds. */
const LIMIT_MS = 120_000;

const HEARTBEAT_MS = 200;

/**
 * Watches the event loop from another thread. A store that blocks it for good, for example with promises that never let
 * a timer fire, also blocks the time limits of the cases. The watchdog then names the case and ends the process. It
 * counts CPU time, so that it does not depend on how busy the machine is.
 */
export function startWatchdog(limitMs: number = LIMIT_MS): Watchdog {
  const ids = cases.map(({ id }) => id);
  // The number of heartbeats, and the index of the running case.
  const shared = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(SOURCE, { eval: true, workerData: { shared, ids, limitMs, HEARTBEAT_MS } });
  worker.unref();
  const timer = setInterval(() => Atomics.add(shared, 0, 1), HEARTBEAT_MS);
  timer.unref();
  return {
    caseStarted: (id) => void Atomics.store(shared, 1, ids.indexOf(id)),
    async stop() {
      clearInterval(timer);
      return worker.terminate();
    },
  };
}

// The worker cannot use the event loop of the main thread: it writes and ends the process synchronously.
const SOURCE = `
const { writeSync } = require("node:fs");
const { workerData } = require("node:worker_threads");
const { shared, ids, limitMs, HEARTBEAT_MS } = workerData;
const cpuMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
let [last, since] = [-1, cpuMs()];
setInterval(() => {
  const beats = Atomics.load(shared, 0);
  if (beats !== last) [last, since] = [beats, cpuMs()];
  else if (cpuMs() - since > limitMs) {
    writeSync(2, "threadstore-conformance: " + ids[Atomics.load(shared, 1)] + " has blocked the event loop for " +
      Math.round(limitMs / 1000) + " s of CPU time, so that no timer fires. The run cannot continue.\\n");
    process.kill(process.pid, "SIGKILL");
  }
}, HEARTBEAT_MS);
`;
