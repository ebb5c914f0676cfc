import type { Content } from "../content/content.ts";
import type { JsonNode, ObjectNode } from "../json/node.ts";

/** A message of Agent Framework, independent of the language that wrote it. */
export interface Message {
  readonly role: string;
  readonly authorName: string | undefined;
  readonly messageId: string | undefined;
  /** Only in C#. */
  readonly createdAt: JsonNode | undefined;
  readonly properties: ObjectNode;
  readonly contents: readonly Content[];
  /** Whether the compaction of Python excluded the message from the input of the model. */
  readonly isExcluded: boolean;
  /** The names of unknown members. */
  readonly unknownMembers: readonly string[];
  readonly path: string;
}
