import type { ArmedFault, Fault, Trigger } from "./fault.ts";
import type { ProxiedRequest } from "./proxied-request.ts";

/** A fault that is due for one request. */
export interface Strike {
  readonly fault: Fault;
  /** To be called when the fault takes effect. */
  readonly takeEffect: () => void;
  /** What becomes of a held answer. */
  readonly verdict: Promise<"release" | "cut">;
}

export interface Armory {
  readonly arm: (fault: Fault & Trigger) => ArmedFault;
  /** How many requests came so far. */
  readonly requests: number;
  /** The fault for a request, if one is due. Every armed fault counts it; the one that was armed last strikes. */
  readonly strike: (request: ProxiedRequest) => Strike | undefined;
}

interface Weapon {
  readonly isDue: (request: ProxiedRequest) => boolean;
  readonly strike: (request: ProxiedRequest) => Strike;
}

export function createArmory(): Armory {
  const weapons = new Set<Weapon>();
  let requests = 0;
  return {
    arm: (fault) => {
      const { weapon, armed } = createWeapon(fault, () => weapons.delete(weapon));
      weapons.add(weapon);
      return armed;
    },
    get requests() {
      return requests;
    },
    strike: (request) => {
      requests += 1;
      const due = [...weapons].filter((weapon) => weapon.isDue(request));
      return due.at(-1)?.strike(request);
    },
  };
}

function createWeapon(
  fault: Fault & Trigger,
  disarm: () => void,
): { readonly weapon: Weapon; readonly armed: ArmedFault } {
  const { when = () => true, nth = 1, times = 1 } = fault;
  const struck = Promise.withResolvers<ProxiedRequest>();
  const verdict = Promise.withResolvers<"release" | "cut">();
  let matches = 0;
  let strikes = 0;
  const weapon: Weapon = {
    isDue: (request) => {
      if (!when(request)) return false;
      matches += 1;
      return matches >= nth && matches < nth + times;
    },
    strike: (request) => ({
      fault,
      verdict: verdict.promise,
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
    release: () => verdict.resolve("release"),
    cut: () => verdict.resolve("cut"),
    disarm,
  };
  return { weapon, armed };
}
