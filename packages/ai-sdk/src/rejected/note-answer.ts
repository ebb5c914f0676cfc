import type { ThreadContent } from "../conversation-thread.ts";
import { partsOf } from "../page-form.ts";
import { isSentAgain, type Mark, type Marks, readMarks, withMarks } from "./marks.ts";

/** An answer that the model's service gave. */
export interface GivenAnswer {
  readonly id: string;
  /** The question that it answers. Other requests can have stored more questions before the answer. */
  readonly questionId: string | undefined;
  /** The messages that the turn began with. */
  readonly source: ThreadContent | undefined;
}

/**
 * Returns the content after a step of an answer: its service has accepted the question, questions that were sent again,
 * and the results before the step.
 */
export function noteAnswer(content: ThreadContent, answer: GivenAnswer): ThreadContent {
  const marks = readMarks(content);
  const sent: Marks = answer.source === undefined ? new Map() : readMarks(answer.source);
  const accepted = [...marks].flatMap(([id, mark]): [string, Mark][] => {
    if (id === answer.id) return wereAccepted(content, id, mark, sent) ? [[id, withoutResults(mark)]] : [];
    const isAccepted = id === answer.questionId || (isSentAgain(mark) && isSentAgain(sent.get(id)));
    return isAccepted && mark.times !== undefined ? [[id, withoutTimes(mark)]] : [];
  });
  return accepted.length === 0 ? content : withMarks(content, new Map([...marks, ...accepted]));
}

/** Returns whether the answer continues after results that another request blamed while this one sent them. */
function wereAccepted(content: ThreadContent, id: string, { results }: Mark, sent: Marks): boolean {
  if (results === undefined || sent.get(id)?.results !== undefined) return false;
  const parts = partsOf(content.messages.find((message) => message["id"] === id) ?? {});
  return parts.slice(results).some(({ type }) => type !== "step-start");
}

function withoutResults({ results: _results, ...mark }: Mark): Mark {
  return mark;
}

function withoutTimes({ times: _times, isRetried: _isRetried, ...mark }: Mark): Mark {
  return mark;
}
