import { elementProblem } from "./check-element.ts";
import { PAGE_THREAD_KIND, PAGE_THREAD_VERSION } from "./message-entry.ts";

/** The argument that `threadHandler` passes to its option `append`. */
export interface AppendedMessages {
  readonly elements: readonly unknown[];
}

/** The messages to append, for `threadHandler`. */
export interface AcceptedMessages {
  readonly elements: readonly unknown[];
  readonly create: object;
}

const TYPE =
  "https://github.com/threadstore/threadstore/blob/main/packages/assistant-ui/README.md#MESSAGE_INVALID";

/**
 * Checks the messages that a page appends, for the option `append` of `threadHandler`. It checks only the form:
 * never pass the messages to a model as answers that your server has given. Returns a response with status
 * 422 that names the path of an invalid member.
 */
export function appendMessages({ elements }: AppendedMessages): AcceptedMessages | Response {
  const problem = elements
    .map((element, index) => elementProblem(element, `elements[${index}]`))
    .find((each) => each !== undefined);
  if (problem === undefined) {
    return { elements, create: { kind: PAGE_THREAD_KIND, version: PAGE_THREAD_VERSION, messages: [] } };
  }
  const body = {
    type: TYPE,
    status: 422,
    code: "MESSAGE_INVALID",
    title: "The message is invalid",
    detail: `\`${problem.path}\` must be ${problem.requirement}.`,
  };
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store" };
  return new Response(JSON.stringify(body), { status: 422, headers });
}
