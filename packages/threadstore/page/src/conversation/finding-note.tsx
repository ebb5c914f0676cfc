import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Finding } from "../api/types.ts";
import { visible } from "../shared/format.ts";
import { WithCode } from "../shared/states.tsx";

/** A finding at the place that it is about. */
export function FindingNote({ finding }: { readonly finding: Finding }): ReactNode {
  return (
    <div className="finding" role="note" aria-label="Finding">
      <TriangleAlert aria-hidden />
      <div>
        <p>
          <WithCode text={visible(finding.message)} />
        </p>
        <p className="finding-place">
          <code>{visible(finding.code)}</code> <code>{visible(finding.path)}</code>
        </p>
      </div>
    </div>
  );
}
