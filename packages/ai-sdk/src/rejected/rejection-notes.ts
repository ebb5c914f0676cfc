import { type EndEvent, isFinishedReason } from "../turn-steps.ts";
import { readRejection, type Rejection, type RejectionDecider } from "./rejection.ts";

/** Finds out whether the model's service rejected an answer. */
export interface RejectionNotes {
  /** Notes an error of the model or of a tool, and returns the text for the page. */
  readonly noteError: (error: unknown) => string;
  /** Forgets the errors of a step that ended, which were errors of tools. */
  endStep(): void;
  /** Returns the rejection with which the answer ended. */
  ofAnswer(event: Pick<EndEvent<unknown>, "finishReason" | "isAborted" | "outcome">): Rejection | undefined;
}

export function rejectionNotes(isRejection: RejectionDecider | undefined): RejectionNotes {
  let noted: Rejection | undefined;
  return {
    noteError(error) {
      noted = readRejection(error, isRejection) ?? noted;
      return "An error occurred.";
    },

    endStep() {
      noted = undefined;
    },

    ofAnswer({ outcome, finishReason, isAborted }) {
      if (outcome?.status === "failed") return readRejection(outcome.error, isRejection);
      return isAborted === true || isFinishedReason(finishReason) ? undefined : noted;
    },
  };
}
