import { AgentError } from "../agent-error.ts";
import { REMEDIES, type Finding } from "./finding.ts";
import {
  chooseAction,
  type ActionOf,
  type FindingCode,
  type RepairAction,
  type RepairPolicy,
} from "./repair-policy.ts";

/**
 * A finding and the change that repairs it. `path` is the location in the original thread. `remedy` is the change in
 * one sentence, as the policy chose it: `A repair drops the result.` Never contains the thread's content.
 */
export interface RepairChange extends Finding {
  readonly action: RepairAction;
  /**
   * The location of the other half in the original thread: of a moved result, its call; of a renamed or removed call,
   * its result, if it had one.
   */
  readonly counterpart?: string;
  /** The new id of a renamed call. */
  readonly id?: string;
  /** The new tool name of a rewritten call. */
  readonly name?: string;
}

/** A finding during a repair. */
export interface LocatedFinding<Code extends FindingCode> extends Omit<Finding, "remedy"> {
  readonly code: Code;
  /** The index of its message, by which findings are ordered. */
  readonly position: number;
}

/** The result of a fix. */
export interface FixResult {
  /** The change in one sentence, in the present tense: the thread may only be checked. */
  readonly description: string;
  /** The action that was taken, if the policy's action was impossible. */
  readonly action?: RepairAction;
  readonly counterpart?: string | undefined;
  readonly id?: string;
  readonly name?: string;
}

/** The fix for each action that a policy can choose. A string describes a fix that needs no further work. */
export type Fixes<Code extends FindingCode> = {
  readonly [Action in Exclude<ActionOf<Code>, "stop">]: string | (() => FixResult | string);
};

/** Applies a policy to findings, and records the findings and the changes. */
export class Repairer {
  readonly #policy: RepairPolicy;
  readonly #toPath: (path: string) => string;
  readonly #findings: (Finding & { readonly position: number })[] = [];
  readonly #changes: RepairChange[] = [];

  /** `toPath` converts the paths of findings and changes, if the original differs from a thread of an agent. */
  constructor(policy: RepairPolicy, toPath: (path: string) => string = (path) => path) {
    this.#policy = policy;
    this.#toPath = toPath;
  }

  get changes(): readonly RepairChange[] {
    return this.#changes;
  }

  /** The findings so far, in the order of the messages. */
  get findings(): Finding[] {
    const ordered = this.#findings.toSorted((left, right) => left.position - right.position);
    return ordered.map(({ code, path, message, remedy }) => ({ code, path, message, remedy }));
  }

  /** Repairs a finding as the policy says. Throws `THREAD_INVALID` if the policy is to stop. */
  repair<Code extends FindingCode>(finding: LocatedFinding<Code>, fixes: Fixes<Code>): void {
    const { code, position, message } = finding;
    const path = this.#toPath(finding.path);
    this.#findings.push({ code, path, position, message, remedy: REMEDIES[code] });
    const action: RepairAction | "stop" = chooseAction(this.#policy, code);
    if (action === "stop") {
      const text = `\`${path}\` is corrupt (${code}), and the repair policy is to stop. ${message}`;
      throw new AgentError("THREAD_INVALID", text, { path });
    }
    const fix: string | (() => FixResult | string) = fixes[action as keyof Fixes<Code>];
    const result = typeof fix === "string" ? fix : fix();
    const {
      description,
      action: takenAction = action,
      ...details
    }: FixResult = typeof result === "string" ? { description: result } : result;
    const { counterpart, id, name } = details;
    this.#changes.push({
      code,
      path,
      message,
      remedy: description,
      action: takenAction,
      ...(counterpart === undefined ? {} : { counterpart: this.#toPath(counterpart) }),
      ...(id === undefined ? {} : { id }),
      ...(name === undefined ? {} : { name }),
    });
  }
}
