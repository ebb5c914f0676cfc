import type { RemoteThreadListAdapter, ThreadMessage } from "@assistant-ui/react";

type TitleStream = Awaited<ReturnType<RemoteThreadListAdapter["generateTitle"]>>;

const MAX_TITLE_LENGTH = 60;

/** Returns the beginning of the first question. */
export function defaultTitle(messages: readonly ThreadMessage[]): string {
  const question = messages.find(({ role }) => role === "user");
  const text = question?.content.map((part) => (part.type === "text" ? part.text : "")).join(" ") ?? "";
  // By code points, so that no character is cut in two.
  const characters = Array.from(text.replaceAll(/\s+/gu, " ").trim());
  if (characters.length <= MAX_TITLE_LENGTH) return characters.join("");
  const beginning = characters.slice(0, MAX_TITLE_LENGTH - 1).join("");
  const lastSpace = beginning.lastIndexOf(" ");
  return `${lastSpace > MAX_TITLE_LENGTH / 2 ? beginning.slice(0, lastSpace) : beginning}…`;
}

/** Returns a title as assistant-ui reads it; an empty stream for no title. */
export function titleStream(title: string): TitleStream {
  return new ReadableStream({
    start(controller) {
      if (title !== "") {
        controller.enqueue({ type: "part-start", path: [], part: { type: "text" } });
        controller.enqueue({ type: "text-delta", path: [0], textDelta: title });
        controller.enqueue({ type: "part-finish", path: [0] });
      }
      controller.close();
    },
  });
}
