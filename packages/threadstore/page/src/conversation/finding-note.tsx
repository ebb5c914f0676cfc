import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Finding } from "../api/types.ts";
import { visible } from "../shared/format.ts";
import { WithCode } from "../shared/states.tsx";

/** What a repair does is a sentence of its own, in the past tense. */
const REPAIR = /^(?<fault>.+?\.) (?<action>(?:Added|Dropped|Removed) .+)$/su;

/** A fault, and what a repair does about it. */
export function FindingText({ message }: { readonly message: string }): ReactNode {
  const { fault = message, action } = REPAIR.exec(message)?.groups ?? {};
  return (
    <>
      <p>
        <WithCode text={visible(fault)} />
      </p>
      {action !== undefined && (
        <p className="quiet">
          Repair: <WithCode text={visible(action.charAt(0).toLowerCase() + action.slice(1))} />
        </p>
      )}
    </>
  );
}

/** A finding at the place that it is about. */
export function FindingNote({ finding }: { readonly finding: Finding }): ReactNode {
  return (
    <div className="finding" role="note" aria-label="Finding">
      <TriangleAlert aria-hidden />
      <div>
        <FindingText message={finding.message} />
        <p className="finding-place">
          <code>{visible(finding.code)}</code> <code>{visible(finding.path)}</code>
        </p>
      </div>
    </div>
  );
}
