import type { Finding, FindingCode, RepairPolicy, RepairChange } from "@threadstore/agent";
import { type InterchangeError, invalidThread } from "../interchange-error.ts";

/** Collects the findings in Agent Framework's JSON, and the changes that repaired them. */
export class RepairLog {
  readonly #policy: RepairPolicy;
  readonly findings: Finding[] = [];
  readonly changes: RepairChange[] = [];

  constructor(policy: RepairPolicy) {
    this.#policy = policy;
  }

  /** Adds a finding that can be repaired in only one way. Throws `THREAD_INVALID` if the policy is to stop. */
  add(finding: Finding, action: RepairChange["action"], change: string): void {
    const { code, path, message } = finding;
    if (this.#isStop(code)) throw stopError(path, message, code);
    this.findings.push(finding);
    this.changes.push({ code, path, message, remedy: change, action });
  }

  #isStop(code: FindingCode): boolean {
    return this.#policy === "stop" || (typeof this.#policy === "object" && this.#policy[code] === "stop");
  }
}

function stopError(path: string, message: string, code: FindingCode): InterchangeError {
  return invalidThread(
    path,
    `\`${path}\` is corrupt (${code}), and the repair policy is to stop. ${message}`,
  );
}
