import fc from "fast-check";
import { ordinal, type Outcome, outcomeOf } from "../../../suite/expectations.ts";
import { type ArmedFault, type Fault, type FaultProxy, redisErrors } from "../../fault-proxy/index.ts";
import type { Protocol } from "../../fault-proxy/refusals.ts";

/** What goes wrong during a call. */
export interface FaultChoice {
  readonly kind: FaultKind;
  /** Which of the call's requests is struck first, and how many are. */
  readonly nth: number;
  readonly times: number;
  /** Where an answer is cut. */
  readonly afterBytes: number;
}

export const faultKinds = [
  "lost request",
  "lost answer",
  "cut answer",
  "refusal",
  "false failure",
  "silence",
  "abort",
  "overtaken",
  "dropped connections",
] as const;

type FaultKind = (typeof faultKinds)[number] | "none";

/** `mostRequests`: how many requests such a call may be expected to make. */
export function faultChoice(mostRequests: 1 | 2 | 3): fc.Arbitrary<FaultChoice> {
  return fc.record({
    kind: fc.oneof(
      { weight: 4, arbitrary: fc.constant("none" as const) },
      { weight: 4, arbitrary: fc.constantFrom<FaultKind[]>(...faultKinds) },
      // Who leaves waits for nothing: these cost no time.
      { weight: 2, arbitrary: fc.constantFrom("silence" as const, "abort" as const) },
    ),
    nth: fc.constantFrom(...[1, 1, 2, 2, 3].filter((nth) => nth <= mostRequests)),
    times: fc.constantFrom(1, 1, 1, 1, 1, 1, 1, 1, 2, Infinity),
    afterBytes: fc.constantFrom(0, 40, 250, 500),
  });
}

export function faultText({ kind, nth, times }: FaultChoice): string {
  if (kind === "none" || kind === "dropped connections") return kind === "none" ? "" : `, after ${kind}`;
  const all = times === Infinity ? " and all after it" : times > 1 ? ` and the ${times - 1} after it` : "";
  return `, ${kind} at its ${ordinal(nth)} request${isEndless(kind) || kind === "overtaken" ? "" : all}`;
}

function isEndless(kind: FaultKind): boolean {
  return kind === "silence" || kind === "abort";
}

function faultFor({ kind, afterBytes }: FaultChoice, protocol: Protocol): Fault | undefined {
  const isHttp = protocol === "http";
  switch (kind) {
    case "lost request":
      return { type: "cutRequest", afterBytes: 30 };
    case "lost answer":
      return { type: "discardAnswer" };
    case "cut answer":
      // A reset may overtake what was sent before it: late cuts are orderly, so that some of the answer comes.
      return { type: "cutAnswer", afterBytes, orderly: afterBytes > 100 };
    case "refusal":
      return isHttp
        ? { type: "answerHttp", status: 503 }
        : { type: "answerRedis", error: redisErrors.loading };
    case "false failure":
      return isHttp
        ? { type: "answerHttp", status: 504, insteadOf: "answer" }
        : { type: "answerRedis", error: redisErrors.unknown, insteadOf: "answer" };
    case "silence":
      return { type: "blackHole" };
    case "abort":
    case "overtaken":
      return { type: "holdAnswer" };
    default:
      return undefined;
  }
}

export interface Making<T> {
  readonly proxy: FaultProxy;
  readonly protocol: Protocol;
  readonly fault: FaultChoice;
  readonly call: (signal: AbortSignal) => Promise<T>;
  /** What another client does while the answer to one request is held; nothing if no request was struck. */
  readonly meanwhile?: () => Promise<void>;
}

export interface Made<T> {
  readonly outcome: Outcome<T>;
  readonly isStruck: boolean;
  /** Whether it was aborted on its way. */
  readonly isAborted: boolean;
}

/**
 * Makes a call while something goes wrong. Whatever became of it is done when this resolves: a request that is lost or
 * swallowed never arrives later, and one whose answer is lost was answered.
 */
export async function makeDuring<T>(making: Making<T>): Promise<Made<T>> {
  const { proxy, fault, call } = making;
  const controller = new AbortController();
  if (fault.kind === "dropped connections") await proxy.cutAll();
  const struckBy = faultFor(fault, making.protocol);
  if (struckBy === undefined) {
    const outcome = await outcomeOf(() => call(controller.signal));
    return { outcome, isStruck: fault.kind !== "none", isAborted: false };
  }
  const { nth } = fault;
  const times = fault.kind === "silence" ? Infinity : isHeld(fault.kind) ? 1 : fault.times;
  const armed = proxy.arm({ ...struckBy, nth, times });
  const calling = outcomeOf(() => call(controller.signal));
  if (isHeld(fault.kind) || fault.kind === "silence") {
    await Promise.race([armed.struck, calling]);
    if (isEndless(fault.kind)) controller.abort(new AbandonedError());
    else if (armed.strikes > 0) await making.meanwhile?.();
  }
  if (fault.kind === "overtaken") end(armed);
  const outcome = await calling;
  end(armed);
  if (fault.kind === "silence") await proxy.cutAll();
  const isAborted = outcome.state === "rejected" && outcome.error instanceof AbandonedError;
  return { outcome, isStruck: armed.strikes > 0, isAborted };
}

function isHeld(kind: FaultKind): boolean {
  return kind === "abort" || kind === "overtaken";
}

function end(armed: ArmedFault): void {
  armed.disarm();
  armed.cut();
}

/** Why calls are aborted. */
class AbandonedError extends Error {
  override readonly name = "AbandonedError";

  constructor() {
    super("The caller has left.");
  }
}
