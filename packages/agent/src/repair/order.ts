import { removeEntries, roleOf, setMember, type Draft, type Entry } from "./draft.ts";
import { interruptedAnswer } from "./interrupted.ts";
import type { Mender } from "./mender.ts";

/** Mends what Mistral, and the chat templates of many open models, refuse of the order of messages. */
export function mendOrder(draft: Draft, mender: Mender): void {
  mendSystemMessages(draft, mender);
  addMissingAnswers(draft, mender);
}

function mendSystemMessages(draft: Draft, mender: Mender): void {
  const removed = new Set<Entry>();
  for (const entry of draft.entries.slice(1)) {
    const role = roleOf(entry);
    if (role !== "system" && role !== "developer") continue;
    const { path, position } = entry;
    const message = "a system message stands behind the first message";
    mender.mend(
      { code: "system-misplaced", path, position, message },
      {
        rewrite: () => {
          setMember(entry, "role", "user");
          return "it became a message of the user";
        },
        drop: () => {
          removed.add(entry);
          return "it was dropped";
        },
      },
    );
  }
  removeEntries(draft, removed);
}

function addMissingAnswers(draft: Draft, mender: Mender): void {
  draft.entries = draft.entries.flatMap((entry, index) => {
    const previous = draft.entries[index - 1];
    if (roleOf(entry) !== "user" || previous === undefined || roleOf(previous) !== "tool") return [entry];
    const { path, position } = entry;
    let answer: Entry | undefined;
    const synthesize = (): string => {
      const said = { role: "assistant", content: interruptedAnswer };
      answer = draft.wire.read(said, path, previous.position);
      return "an answer was added that says so";
    };
    const message = "the user speaks right behind a tool's result, which the assistant never answered";
    mender.mend({ code: "answer-missing", path, position, message }, { synthesize });
    return answer === undefined ? [entry] : [answer, entry];
  });
}
