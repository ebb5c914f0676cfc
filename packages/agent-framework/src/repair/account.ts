import type { Damage, DamageCode, RepairPolicy, ThreadChange } from "@threadstore/agent";
import { InterchangeError } from "../interchange-error.ts";

/** What was found in the JSON of Agent Framework, and what was done about it. */
export class Account {
  readonly #policy: RepairPolicy;
  readonly damages: Damage[] = [];
  readonly changes: ThreadChange[] = [];

  constructor(policy: RepairPolicy) {
    this.#policy = policy;
  }

  /** Writes down a damage about which only one thing can be done. Throws `THREAD_INVALID` if the policy says to stop. */
  add(damage: Damage, action: ThreadChange["action"], done: string): void {
    const { code, path, message } = damage;
    if (this.#stops(code)) throw stopped(path, message, code);
    this.damages.push(damage);
    this.changes.push({ code, path, action, message: `${message}: ${done}.` });
  }

  #stops(code: DamageCode): boolean {
    return this.#policy === "stop" || (typeof this.#policy === "object" && this.#policy[code] === "stop");
  }
}

function stopped(path: string, message: string, code: DamageCode): InterchangeError {
  const text = `${path}: ${message} (${code}), and the policy says to stop there.`;
  return new InterchangeError("THREAD_INVALID", text, { path });
}
