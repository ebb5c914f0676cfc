import { deferred } from "@threadstore/core/driver";
import type { ArmedFault, Fault, Trigger } from "./fault.ts";
import type { ProxiedRequest } from "./proxied-request.ts";

/** A fault that strikes one request. */
export interface Strike {
  readonly fault: Fault;
  /** Must be called when the fault takes effect. */
  readonly takeEffect: () => void;
  /** Resolves with what happens to a held response. */
  readonly decision: Promise<"release" | "cut">;
}

export interface ArmedFaults {
  readonly arm: (fault: Fault & Trigger) => ArmedFault;
  /** The number of requests so far. */
  readonly requests: number;
  /**
   * Returns the fault that strikes a request, if any. Every armed fault counts the request. If several are due, the one
   * armed last strikes.
   */
  readonly strike: (request: ProxiedRequest) => Strike | undefined;
}

interface CountedFault {
  /** Counts the request if it matches. Returns whether the fault must strike it. */
  readonly count: (request: ProxiedRequest) => boolean;
  readonly strike: (request: ProxiedRequest) => Strike;
}

export function createArmedFaults(): ArmedFaults {
  const faults = new Set<CountedFault>();
  let requests = 0;
  return {
    arm: (fault) => {
      const { counted, armed } = createCountedFault(fault, () => faults.delete(counted));
      faults.add(counted);
      return armed;
    },
    get requests() {
      return requests;
    },
    strike: (request) => {
      requests += 1;
      const due = [...faults].filter((fault) => fault.count(request));
      return due.at(-1)?.strike(request);
    },
  };
}

function createCountedFault(
  fault: Fault & Trigger,
  disarm: () => void,
): { readonly counted: CountedFault; readonly armed: ArmedFault } {
  const { when = () => true, nth = 1, times = 1 } = fault;
  const struck = deferred<ProxiedRequest>();
  const decision = deferred<"release" | "cut">();
  let matches = 0;
  let strikes = 0;
  const counted: CountedFault = {
    count: (request) => {
      if (!when(request)) return false;
      matches += 1;
      return matches >= nth && matches < nth + times;
    },
    strike: (request) => ({
      fault,
      decision: decision.promise,
      takeEffect: () => {
        strikes += 1;
        struck.resolve(request);
      },
    }),
  };
  const armed: ArmedFault = {
    struck: struck.promise,
    get strikes() {
      return strikes;
    },
    release: () => decision.resolve("release"),
    cut: () => decision.resolve("cut"),
    disarm,
  };
  return { counted, armed };
}
