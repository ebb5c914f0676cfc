import type { Damage, DamageCode, RepairPolicy, ThreadChange } from "@threadstore/agent";
import { type InterchangeError, invalidThread } from "../interchange-error.ts";

/** Collects the damage that was found in Agent Framework's JSON, and the changes that repaired it. */
export class RepairLog {
  readonly #policy: RepairPolicy;
  readonly damages: Damage[] = [];
  readonly changes: ThreadChange[] = [];

  constructor(policy: RepairPolicy) {
    this.#policy = policy;
  }

  /** Adds damage that can be repaired in only one way. Throws `THREAD_INVALID` if the policy is to stop. */
  add(damage: Damage, action: ThreadChange["action"], result: string): void {
    const { code, path, message } = damage;
    if (this.#isStop(code)) throw stopError(path, message, code);
    this.damages.push(damage);
    this.changes.push({ code, path, action, message: `${message}: ${result}.` });
  }

  #isStop(code: DamageCode): boolean {
    return this.#policy === "stop" || (typeof this.#policy === "object" && this.#policy[code] === "stop");
  }
}

function stopError(path: string, message: string, code: DamageCode): InterchangeError {
  return invalidThread(path, `\`${path}\`: ${message} (${code}). The policy is to stop.`);
}
