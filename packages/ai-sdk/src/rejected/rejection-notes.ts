import { type EndEvent, isFinishedReason } from "../turn-steps.ts";
import { readRejection, type Rejection, type RejectionDecider } from "./rejection.ts";

/** The decision about an error. At most one of the members is present. */
interface Decision {
  readonly rejection?: Rejection;
  /** The application's function threw this error, which must not prevent that the answer is saved. */
  readonly failure?: { readonly error: unknown };
}

/** Finds out whether the model's service rejected an answer. */
export interface RejectionNotes {
  /** Notes an error of the model or of a tool, and returns the text for the page. */
  readonly noteError: (error: unknown) => string;
  /** Forgets the errors of a step that ended, which were errors of tools. */
  endStep(): void;
  /** Returns the rejection with which the answer ended. */
  ofAnswer(event: Pick<EndEvent<unknown>, "finishReason" | "isAborted" | "outcome">): Decision;
}

export function rejectionNotes(isRejection: RejectionDecider | undefined): RejectionNotes {
  let noted: Decision = {};
  return {
    noteError(error) {
      const decision = decide(error, isRejection);
      if (Object.keys(decision).length > 0) noted = decision;
      return "An error occurred.";
    },

    endStep() {
      noted = {};
    },

    ofAnswer({ outcome, finishReason, isAborted }) {
      if (outcome?.status === "failed") return decide(outcome.error, isRejection);
      return isAborted === true || isFinishedReason(finishReason) ? {} : noted;
    },
  };
}

function decide(modelError: unknown, isRejection: RejectionDecider | undefined): Decision {
  try {
    const rejection = readRejection(modelError, isRejection);
    return rejection === undefined ? {} : { rejection };
  } catch (error) {
    return { failure: { error } };
  }
}
