import fc from "fast-check";
import { ordinal, type Outcome, outcomeOf } from "../../../suite/expectations.ts";
import { type ArmedFault, type Fault, type FaultProxy, redisErrors } from "../../fault-proxy/index.ts";
import { type Protocol, refusalsOf } from "../../fault-proxy/refusals.ts";

/** A fault during a call. */
export interface FaultChoice {
  readonly kind: FaultKind;
  /** The number of the first request of the call to strike, and how many requests to strike. */
  readonly nth: number;
  readonly times: number;
  /** Where a response is cut. */
  readonly afterBytes: number;
}

export const FAULT_KINDS = [
  "lost request",
  "lost response",
  "cut response",
  "refusal",
  "false failure",
  "silence",
  "abort",
  "overtaken",
  "dropped connections",
] as const;

type FaultKind = (typeof FAULT_KINDS)[number] | "none";

/** `maxRequests` is the number of requests that such a call may be expected to make. */
export function faultChoice(maxRequests: 1 | 2 | 3): fc.Arbitrary<FaultChoice> {
  return fc.record({
    kind: fc.oneof(
      { weight: 4, arbitrary: fc.constant("none" as const) },
      { weight: 4, arbitrary: fc.constantFrom<FaultKind[]>(...FAULT_KINDS) },
      // These cost no time, since a caller that aborts waits for nothing.
      { weight: 2, arbitrary: fc.constantFrom("silence" as const, "abort" as const) },
    ),
    nth: fc.constantFrom(...[1, 1, 2, 2, 3].filter((nth) => nth <= maxRequests)),
    times: fc.constantFrom(1, 1, 1, 1, 1, 1, 1, 1, 2, Infinity),
    afterBytes: fc.constantFrom(0, 40, 250, 500),
  });
}

export function describeFault({ kind, nth, times }: FaultChoice): string {
  if (kind === "none" || kind === "dropped connections") return kind === "none" ? "" : `, after ${kind}`;
  const more = times === Infinity ? " and all after it" : times > 1 ? ` and the ${times - 1} after it` : "";
  return `, ${kind} at its ${ordinal(nth)} request${endsInAbort(kind) || kind === "overtaken" ? "" : more}`;
}

/** Whether the caller must abort the call, because it would never end. */
function endsInAbort(kind: FaultKind): boolean {
  return kind === "silence" || kind === "abort";
}

function faultFor({ kind, afterBytes }: FaultChoice, protocol: Protocol): Fault | undefined {
  switch (kind) {
    case "lost request":
      return { type: "cutRequest", afterBytes: 30 };
    case "lost response":
      return { type: "discardResponse" };
    case "cut response":
      // A reset may overtake the bytes sent before it. Late cuts are orderly, so that part of the response arrives.
      return { type: "cutResponse", afterBytes, orderly: afterBytes > 100 };
    case "refusal":
      return refusalFor(protocol, {
        http: { type: "respondHttp", status: 503 },
        redis: { type: "respondRedis", error: redisErrors.loading },
        kind: "busy",
      });
    case "false failure":
      return refusalFor(protocol, {
        http: { type: "respondHttp", status: 504, insteadOf: "response" },
        redis: { type: "respondRedis", error: redisErrors.unknown, insteadOf: "response" },
        kind: "gateway",
      });
    case "silence":
      return { type: "blackHole" };
    case "abort":
    case "overtaken":
      return { type: "holdResponse" };
    default:
      return undefined;
  }
}

function refusalFor(
  protocol: Protocol,
  { http, redis, kind }: { http: Fault; redis: Fault; kind: "busy" | "gateway" },
): Fault | undefined {
  if (typeof protocol === "string") return protocol === "http" ? http : redis;
  return refusalsOf(protocol, kind, kind === "gateway" ? "response" : "server")[0]?.fault;
}

export interface FaultyCall<T> {
  readonly proxy: FaultProxy;
  readonly protocol: Protocol;
  readonly fault: FaultChoice;
  readonly call: (signal: AbortSignal) => Promise<T>;
  /** A call by another client while the response to one request is held. Not made if no request was struck. */
  readonly meanwhile?: () => Promise<void>;
}

export interface FaultyOutcome<T> {
  readonly outcome: Outcome<T>;
  readonly isStruck: boolean;
  /** Whether the call was aborted while in progress. */
  readonly isAborted: boolean;
}

/**
 * Makes a call while a fault strikes. Once this resolves, the call has no further effects: a request that was lost or
 * swallowed never arrives later, and one whose response was lost has been processed.
 */
export async function callDuringFault<T>(faultyCall: FaultyCall<T>): Promise<FaultyOutcome<T>> {
  const { proxy, fault, call } = faultyCall;
  const controller = new AbortController();
  if (fault.kind === "dropped connections") await proxy.cutAll();
  const proxyFault = faultFor(fault, faultyCall.protocol);
  if (proxyFault === undefined) {
    const outcome = await outcomeOf(() => call(controller.signal));
    return { outcome, isStruck: fault.kind !== "none", isAborted: false };
  }
  const { nth } = fault;
  const times = fault.kind === "silence" ? Infinity : holdsResponse(fault.kind) ? 1 : fault.times;
  const armed = proxy.arm({ ...proxyFault, nth, times });
  const calling = outcomeOf(() => call(controller.signal));
  if (holdsResponse(fault.kind) || fault.kind === "silence") {
    await Promise.race([armed.struck, calling]);
    if (endsInAbort(fault.kind)) controller.abort(new AbandonedError());
    else if (armed.strikes > 0) await faultyCall.meanwhile?.();
  }
  if (fault.kind === "overtaken") end(armed);
  const outcome = await calling;
  end(armed);
  if (fault.kind === "silence") await proxy.cutAll();
  const isAborted = outcome.state === "rejected" && outcome.error instanceof AbandonedError;
  return { outcome, isStruck: armed.strikes > 0, isAborted };
}

function holdsResponse(kind: FaultKind): boolean {
  return kind === "abort" || kind === "overtaken";
}

function end(armed: ArmedFault): void {
  armed.disarm();
  armed.cut();
}

/** The abort reason of calls. */
class AbandonedError extends Error {
  override readonly name = "AbandonedError";

  constructor() {
    super("The caller has aborted the call.");
  }
}
