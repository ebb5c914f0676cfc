import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Finding } from "../api/types.ts";
import { formatCount, visible } from "../shared/format.ts";
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

/** More findings of one place would make a page with as many elements as the thread has faults. */
const MOST_SHOWN = 20;

/** The findings of one place. */
export function FindingNotes({ findings }: { readonly findings: readonly Finding[] }): ReactNode {
  const more = findings.length - MOST_SHOWN;
  return (
    <>
      {findings.slice(0, MOST_SHOWN).map((finding, index) => (
        // Two findings can be equal.
        <FindingNote key={`${index} ${finding.path}`} finding={finding} />
      ))}
      {more > 0 && (
        <p className="quiet">
          And {formatCount(more, "more finding")} here: <code>threadstore check</code> lists all.
        </p>
      )}
    </>
  );
}

/** A finding at the place that it is about. */
function FindingNote({ finding }: { readonly finding: Finding }): ReactNode {
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
