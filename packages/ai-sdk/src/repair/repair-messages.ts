import { canonicalJson, isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";
import { decode } from "../decode.ts";
import type { FindingCode, Report } from "./finding.ts";
import { migrateMessage } from "./migrate-message.ts";
import { failedCall, INTERRUPTED_RESULT, isToolPart, type Part, withoutMetadata } from "./part.ts";

const INVALID_PART = "The AI SDK or the schemas reject this part.";

/** The checks of a repair, each of one thing alone. */
export interface PartChecks {
  isPartValid(part: unknown, role: string): Promise<boolean>;
  isMetadataValid(metadata: unknown): Promise<boolean>;
  /** Whether the application has the tool, or did not say which tools it has. */
  hasTool(name: string): boolean;
}

/** A stored message and its readable form, which differs only if the message was repaired. */
export interface ReadableMessage {
  /** The index in the stored thread. */
  readonly position: number;
  readonly form: JsonObject;
  readonly readable: JsonObject;
}

/** Makes stored messages readable: keeps valid parts, converts others if possible, and drops the rest. */
export async function repairMessages(
  stored: readonly unknown[],
  checks: PartChecks,
  report: Report,
): Promise<ReadableMessage[]> {
  const byId = new Map<unknown, JsonObject>();
  const messages: ReadableMessage[] = [];
  for (const [position, form] of stored.entries()) {
    const path = memberPath("$.messages", position);
    if (!isJsonObject(form) || Object.keys(form).length === 0) {
      report("message-invalid", path, "This is not a message.");
      continue;
    }
    const repaired = await repairMessage(form, path, checks, report);
    if (repaired === undefined) continue;
    const sameId = byId.get(repaired["id"]);
    if (sameId !== undefined && canonicalJson(sameId) === canonicalJson(repaired)) {
      report("message-duplicated", path, "Another message has the same id and content.");
      continue;
    }
    const readable = withId(repaired, position, byId, path, report);
    byId.set(readable["id"], readable);
    messages.push({ position, form, readable });
  }
  return messages;
}

function withId(
  message: JsonObject,
  position: number,
  byId: ReadonlyMap<unknown, JsonObject>,
  path: string,
  report: Report,
): JsonObject {
  const { id } = message;
  if (typeof id === "string" && id !== "" && !byId.has(id)) return message;
  report("message-id-invalid", memberPath(path, "id"), "The id is missing, or another message has it.");
  // Derived from the position, so that each load gives the message the same id.
  let newId = `message-${position}`;
  while (byId.has(newId)) newId += "-2";
  return { ...message, id: newId };
}

async function repairMessage(
  form: JsonObject,
  path: string,
  checks: PartChecks,
  report: Report,
): Promise<JsonObject | undefined> {
  const message = migrateMessage(form);
  if (message !== form) report("message-outdated", path, "This message has the form of an earlier version.");
  const { role } = message;
  if (role !== "user" && role !== "assistant" && role !== "system") {
    report("role-unknown", path, "The AI SDK does not know the role of this message.");
    return undefined;
  }
  const partsPath = memberPath(path, "parts");
  const stored = message["parts"];
  if (!Array.isArray(stored)) report("content-invalid", partsPath, "The parts must be an array.");
  const parts: JsonObject[] = [];
  for (const [index, part] of (Array.isArray(stored) ? stored : []).entries()) {
    const repaired = await repairPart(part, role, memberPath(partsPath, index), checks, report);
    if (repaired !== undefined) parts.push(repaired);
  }
  if (parts.length === 0 && role !== "assistant") {
    report("message-empty", path, "This message does not have any content.");
    return undefined;
  }
  const readable = { ...message, parts: parts.length === 0 ? [{ type: "step-start" }] : parts };
  return repairMetadata(readable, path, checks, report);
}

async function repairMetadata(
  message: JsonObject,
  path: string,
  checks: PartChecks,
  report: Report,
): Promise<JsonObject> {
  const { metadata, ...others } = message;
  if (metadata === undefined) return message;
  const isValid = await decodes(metadata, (value) => checks.isMetadataValid(value));
  if (isValid) return message;
  report("metadata-invalid", memberPath(path, "metadata"), "The metadata does not match the schema.");
  return others;
}

async function repairPart(
  part: unknown,
  role: string,
  path: string,
  checks: PartChecks,
  report: Report,
): Promise<JsonObject | undefined> {
  const isValid = (candidate: unknown): Promise<boolean> =>
    decodes(candidate, (value) => checks.isPartValid(value, role));
  if (await isValid(part)) return part as JsonObject;
  if (isJsonObject(part) && typeof part["type"] === "string") {
    for (const [candidate, code, problem] of candidates(part as unknown as Part, checks)) {
      if (!(await isValid(candidate))) continue;
      report(code, path, problem);
      return candidate as unknown as JsonObject;
    }
  }
  report("content-invalid", path, INVALID_PART);
  return undefined;
}

type Candidate = [Part, FindingCode, string];

/** Returns other forms of an invalid part, the ones that lose the least first. */
function candidates(part: Part, checks: PartChecks): Candidate[] {
  const plain = withoutMetadata(part);
  if (!isToolPart(part)) {
    return [
      [plain, "content-invalid", INVALID_PART],
      [{ type: "text", text: part["text"] }, "content-invalid", INVALID_PART],
    ];
  }
  const toolName = part.type === "dynamic-tool" ? part["toolName"] : part.type.slice("tool-".length);
  const dynamic = { ...part, type: "dynamic-tool", toolName };
  const { toolCallId, input = {}, output } = part;
  const [code, problem] = callProblem(part, String(toolName), checks);
  const hasResult = FINAL_STATES.includes(String(part["state"]));
  const minimal = { type: "dynamic-tool", toolName, toolCallId, input };
  const open: Candidate[] = [[failedCall(dynamic, INTERRUPTED_RESULT), code, problem]];
  return [
    [plain, "content-invalid", INVALID_PART],
    ...(hasResult ? ([[dynamic, code, problem]] satisfies Candidate[]) : open),
    ...(output === undefined
      ? []
      : ([
          [{ ...minimal, state: "output-available", output }, "content-invalid", INVALID_PART],
        ] satisfies Candidate[])),
    [failedCall(minimal, INTERRUPTED_RESULT), "content-invalid", INVALID_PART],
  ];
}

const OPEN_STATES = ["input-streaming", "input-available", "approval-requested", "approval-responded"];
const FINAL_STATES = ["output-available", "output-error", "output-denied"];

function callProblem(part: Part, toolName: string, checks: PartChecks): [FindingCode, string] {
  const isStateKnown = [...OPEN_STATES, ...FINAL_STATES].includes(String(part["state"]));
  if (part.type === "dynamic-tool" || !isStateKnown) return ["content-invalid", INVALID_PART];
  return checks.hasTool(toolName)
    ? ["arguments-invalid", "The call does not match the tool's current schema."]
    : ["tool-gone", "This is a call of a tool that the application does not have."];
}

async function decodes(value: unknown, check: (decoded: unknown) => Promise<boolean>): Promise<boolean> {
  let decoded: unknown;
  try {
    decoded = decode(value as never, "$");
  } catch {
    return false;
  }
  return check(decoded);
}
