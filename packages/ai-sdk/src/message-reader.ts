import { memberPath } from "@threadstore/core/documents";
import { ConversationError, type ConversationErrorCode } from "./conversation-error.ts";
import type { ThreadContent } from "./conversation-thread.ts";
import { decode } from "./decode.ts";
import type { Fault, MessageKind } from "./message-kind.ts";
import { type Finding, reportTo } from "./repair/finding.ts";
import type { ReadableMessage } from "./repair/repair-messages.ts";

/** The messages of a thread as callers receive them. */
export interface MessagesView<Message> {
  readonly messages: Message[];
  /** The stored message of each message. */
  readonly sources: readonly ReadableMessage[];
  readonly findings: readonly Finding[];
}

/** Reads the messages of stored threads. */
export interface MessageReader<Message> {
  /** Resolves with the checked messages of a thread, or with `undefined` if one needs a repair. */
  readonly checkedView: (content: ThreadContent) => Promise<MessagesView<Message> | undefined>;
  /** Resolves with the messages of a thread, repaired if necessary. Rejects with `THREAD_INVALID`. */
  readonly viewOf: (content: ThreadContent) => Promise<MessagesView<Message>>;
  /** Resolves with the content in which each message has a valid id. Rejects with `THREAD_INVALID`. */
  readonly identified: (content: ThreadContent) => Promise<ThreadContent>;
  /** Checks messages, of which `repairs` are the repairs, and closes them. Rejects if one cannot be decoded. */
  readonly check: (
    sources: readonly ReadableMessage[],
    listPath: string,
    repairs?: readonly Finding[],
  ) => Promise<MessagesView<Message> | { readonly fault: Fault }>;
}

export function messageReader<Message>(kind: MessageKind<Message>): MessageReader<Message> {
  const listPath = "$.messages";

  const check = checker(kind);

  async function checkedView({ messages }: ThreadContent): Promise<MessagesView<Message> | undefined> {
    const sources = messages.map((form, position) => ({ position, form, readable: form }));
    const checking = check(sources, listPath);
    const result = await checking.catch((error: unknown) => {
      if (ConversationError.is(error, "THREAD_INVALID")) return { fault: undefined };
      throw error;
    });
    return "fault" in result ? undefined : result;
  }

  async function repaired({ messages }: ThreadContent): Promise<[readonly ReadableMessage[], Finding[]]> {
    const findings: Finding[] = [];
    const unrepaired = messages.map((form, position) => ({ position, form, readable: form }));
    const sources = (await kind.repair(messages, reportTo(findings))) ?? unrepaired;
    // The stored form of a message whose id was repaired cannot be found by its id.
    const identified = sources.map((source) => {
      return source.form["id"] === source.readable["id"] ? source : { ...source, form: source.readable };
    });
    return [identified, findings];
  }

  return {
    check,
    checkedView,

    async viewOf(content) {
      const view = await checkedView(content);
      if (view !== undefined) return view;
      const [sources, findings] = await repaired(content);
      const result = await check(sources, listPath, findings);
      if ("fault" in result) throw faultError("THREAD_INVALID", listPath, result.fault);
      return result;
    },

    async identified(content) {
      const [sources] = await repaired(content);
      return { ...content, messages: sources.map(({ form }) => form) };
    },
  };
}

function checker<Message>(kind: MessageKind<Message>): MessageReader<Message>["check"] {
  return async (sources, path, repairs) => {
    const findings = [...(repairs ?? [])];
    const report = reportTo(findings);
    const paths = sources.map(({ position }) => memberPath(path, position));
    const onBigint = (bigintPath: string): void =>
      report("value-not-json", bigintPath, "JSON cannot represent this number.");
    const decoded = sources.map(({ readable }, index) => {
      return decode(readable, paths[index] ?? path, onBigint);
    });
    const result = await kind.check(decoded, repairs !== undefined);
    if ("fault" in result) return result;
    return { messages: kind.close(result.messages, paths, report), sources, findings };
  };
}

export function faultError(
  code: ConversationErrorCode,
  listPath: string,
  fault: Fault,
  unsaved?: readonly unknown[],
): ConversationError {
  const path = listPath + fault.path;
  const cause = "cause" in fault ? { cause: fault.cause } : {};
  return new ConversationError(code, `\`${path}\` ${fault.problem}`, { path, unsaved, ...cause });
}
