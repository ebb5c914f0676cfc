import type { ThreadMetadata } from "@threadstore/core";
import { fail, show } from "../../suite/expectations.ts";
import type { LoadResult } from "./operation.ts";

/** The parts of a stored thread that a history needs. */
export interface RecordedThread {
  readonly version: string;
  readonly thread: object;
  readonly metadata: ThreadMetadata;
}

/** The content that identifies the save that wrote it. Appends add elements that identify them. */
interface Content {
  readonly write: string;
  readonly padding: string;
  readonly appended: readonly unknown[];
}

export function savedContent(write: string, padding: number): Content {
  return { write, padding: "x".repeat(padding), appended: [] };
}

/** Returns the writes that a loaded thread shows: its last change, and those that its content consists of. */
export function writesIn({ thread, metadata }: RecordedThread): Omit<LoadResult, "version"> {
  const { write: saved, appended } = thread as Partial<Content>;
  const appends: unknown[] = Array.isArray(appended) ? appended.map(writeOf) : [undefined];
  const content = [saved, ...appends];
  if (!content.every((each) => typeof each === "string"))
    fail(
      "load returns the content and metadata that changes wrote",
      `it returned ${show({ thread, metadata })}`,
    );
  // A store that lost the metadata may still have the content.
  return { write: metadata["write"] ?? content.at(-1) ?? "", content };
}

function writeOf(element: unknown): unknown {
  return typeof element === "object" && element !== null && "write" in element ? element.write : undefined;
}
