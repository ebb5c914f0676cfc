import type { FailureExplanation, ThreadDriver } from "../thread-driver.ts";

/** A failure that a script throws, with what the driver will say of it. */
export class ScriptedFailure extends Error {
  readonly explanation: FailureExplanation | undefined;

  constructor(explanation?: Partial<FailureExplanation>) {
    super("scripted");
    this.explanation =
      explanation === undefined
        ? undefined
        : { code: "UNAVAILABLE", message: "The wire was cut.", applied: "unknown", ...explanation };
  }
}

type Step = "read" | "write" | "delete" | "list";

/** Runs in place of one step of the driver; `go` is the real step. */
type Interception = <T>(go: () => Promise<T>) => Promise<T>;

/** A driver whose next steps can be tampered with, each once, and which counts them. */
export function scriptedDriver(driver: ThreadDriver): {
  driver: ThreadDriver;
  next: (step: Step, ...interceptions: Interception[]) => void;
  calls: Record<Step | "close", number>;
} {
  const script: Record<Step, Interception[]> = { read: [], write: [], delete: [], list: [] };
  const calls = { read: 0, write: 0, delete: 0, list: 0, close: 0 };
  function play<T>(step: Step, go: () => Promise<T>): Promise<T> {
    calls[step] += 1;
    const interception = script[step].shift();
    return interception === undefined ? go() : interception(go);
  }
  return {
    calls,
    next: (step, ...interceptions) => void script[step].push(...interceptions),
    driver: {
      ...driver,
      read: (...parameters) => play("read", () => driver.read(...parameters)),
      write: (...parameters) => play("write", () => driver.write(...parameters)),
      delete: (...parameters) => play("delete", () => driver.delete(...parameters)),
      list: (...parameters) => play("list", () => driver.list(...parameters)),
      explain: (error) => (error instanceof ScriptedFailure ? error.explanation : driver.explain?.(error)),
      close: async () => {
        calls.close += 1;
        await driver.close();
      },
    },
  };
}

/** The step takes effect and its answer is lost. */
export const answerLost: Interception = async (go) => {
  await go();
  throw new ScriptedFailure({});
};

/** The step is lost on its way; the client cannot tell. */
export const requestLost: Interception = async () => {
  throw new ScriptedFailure({});
};

/** The step is refused, and it is certain that it had no effect. */
export const refused: Interception = async () => {
  throw new ScriptedFailure({ applied: "no" });
};

/** No answer, ever. */
export const blackHole: Interception = () => Promise.withResolvers<never>().promise;
