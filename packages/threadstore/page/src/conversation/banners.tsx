import { ChevronDown, ChevronUp, CirclePause, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Conversation } from "../api/types.ts";
import { formatCount, visible } from "../shared/format.ts";
import { WithCode } from "../shared/states.tsx";
import { FindingNotes } from "./finding-note.tsx";
import type { Rows } from "./rows.ts";

interface BannersProperties {
  readonly conversation: Conversation;
  readonly arranged: Rows;
  readonly current: number | undefined;
  readonly step: (direction: 1 | -1) => void;
}

/** What is true of the whole conversation: an open turn, its findings, and whether it could be checked. */
export function Banners({ conversation, arranged, current, step }: BannersProperties): ReactNode {
  const { openTurn, findings, check, remedy } = conversation;
  return (
    <>
      {openTurn !== null && (
        <div className="note" data-tone="info">
          <CirclePause aria-hidden />
          <p>
            <strong>Open turn.</strong> {PHASES[openTurn.phase] ?? `Its phase is ${visible(openTurn.phase)}.`}
            {openTurn.calls.length > 0 && ` ${formatCount(openTurn.calls.length, "call")} without a result.`}
          </p>
        </div>
      )}
      {findings.length > 0 && (
        <FindingsBar count={findings.length} flagged={arranged.flagged} current={current} step={step} />
      )}
      {arranged.unplaced.length > 0 && (
        <div className="unplaced">
          <FindingNotes findings={arranged.unplaced} />
        </div>
      )}
      {(check === "not-installed" || check === "failed") && (
        <div className="note" data-tone="neutral">
          <Info aria-hidden />
          <p>
            Not checked. <WithCode text={remedy ?? NOT_CHECKED[check]} />
          </p>
        </div>
      )}
    </>
  );
}

const NOT_CHECKED = {
  "not-installed": "The package for this form of thread is not installed.",
  failed: "The package that knows this form of thread failed. The log of the server has the error.",
} as const;

const PHASES: Readonly<Record<string, string>> = {
  failed: "It failed.",
  open: "It was interrupted, or still runs.",
  stopped: "It was stopped.",
  waiting: "It waits for an approval.",
};

interface FindingsBarProperties {
  readonly count: number;
  readonly flagged: readonly number[];
  readonly current: number | undefined;
  readonly step: (direction: 1 | -1) => void;
}

function FindingsBar({ count, flagged, current, step }: FindingsBarProperties): ReactNode {
  const position = current === undefined ? -1 : flagged.indexOf(current);
  return (
    <div className="note" data-tone="warning">
      <TriangleAlert aria-hidden />
      <p>
        <strong>{formatCount(count, "finding")}.</strong> A provider would reject this conversation.
      </p>
      {flagged.length > 0 && (
        <div className="stepper">
          <span aria-live="polite">{position === -1 ? "" : `${position + 1} of ${flagged.length}`}</span>
          <button
            type="button"
            className="icon-button small"
            aria-label="Previous finding"
            title="Previous finding (p)"
            onClick={() => step(-1)}
          >
            <ChevronUp aria-hidden />
          </button>
          <button
            type="button"
            className="icon-button small"
            aria-label="Next finding"
            title="Next finding (n)"
            onClick={() => step(1)}
          >
            <ChevronDown aria-hidden />
          </button>
        </div>
      )}
    </div>
  );
}
