import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Finding } from "../api/types.ts";
import { visible } from "../shared/format.ts";
import { WithCode } from "../shared/states.tsx";

/** A fault, and what a repair does about it. */
export function FindingText({ message, remedy }: Pick<Finding, "message" | "remedy">): ReactNode {
  return (
    <>
      <p>
        <WithCode text={visible(message)} />
      </p>
      {remedy !== undefined && (
        <p className="quiet">
          <WithCode text={visible(remedy)} />
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
        <FindingText {...finding} />
        <p className="finding-place">
          <code>{visible(finding.code)}</code> <code>{visible(finding.path)}</code>
        </p>
      </div>
    </div>
  );
}
