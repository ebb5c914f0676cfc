import { isPlainObject } from "@threadstore/core/documents";

/** A part of a UI message, in the form of any version of the AI SDK. */
export interface Part {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** A UI message in the form of any version of the AI SDK. */
export interface PartsMessage {
  readonly id: string;
  readonly role: string;
  readonly parts: readonly Part[];
}

/** The result of a call that was interrupted, for the model. */
export const INTERRUPTED_RESULT: string =
  "Interrupted: this call did not finish. It is unknown whether it took effect.";

/** The result of a call that was never approved, for the model. */
export const NOT_APPROVED_RESULT: string = "This call was not approved and did not run.";

export function isToolPart({ type }: Part): boolean {
  return type === "dynamic-tool" || type.startsWith("tool-");
}

export function isReasoning({ type }: Part): boolean {
  return type === "reasoning" || type === "reasoning-file";
}

/** Returns a call with an error as its result. */
export function failedCall(part: Part, errorText: string): Part {
  const { approval: _approval, output: _output, preliminary: _preliminary, rawInput, ...call } = part;
  return { ...call, input: call["input"] ?? rawInput ?? {}, state: "output-error", errorText };
}

const METADATA_MEMBERS = [
  "providerMetadata",
  "callProviderMetadata",
  "resultProviderMetadata",
  "providerOptions",
];
const SERVICE_MEMBERS = new Set(["itemId", "reasoningEncryptedContent", "encryptedContent"]);

/** Returns whether a part refers to a service's item by an id that is not a string, which services reject. */
export function hasInvalidItemId(part: Part): boolean {
  return METADATA_MEMBERS.some((name) => {
    const metadata = part[name];
    if (!isPlainObject(metadata)) return false;
    return Object.values(metadata).some((options: unknown) => {
      if (!isPlainObject(options) || !("itemId" in options)) return false;
      const { itemId } = options;
      return itemId !== undefined && itemId !== null && typeof itemId !== "string";
    });
  });
}

/** Returns the ids of the service's items that a part refers to, each with the name of its provider. */
export function itemIdsOf(part: Part): string[] {
  const ids = METADATA_MEMBERS.flatMap((name) => {
    const metadata = part[name];
    if (!isPlainObject(metadata)) return [];
    return Object.entries(metadata).flatMap(([provider, options]: [string, unknown]) => {
      const itemId = isPlainObject(options) && "itemId" in options ? options.itemId : undefined;
      return typeof itemId === "string" ? [`${provider} ${itemId}`] : [];
    });
  });
  return [...new Set(ids)];
}

/** Returns the part without references to items that a service stores; the same part if there are none. */
export function withoutServiceItems(part: Part): Part {
  return METADATA_MEMBERS.reduce((current, name) => {
    const metadata = current[name];
    if (!isPlainObject(metadata)) return current;
    const portable = portableMetadata(metadata);
    if (portable === metadata) return current;
    const { [name]: _removed, ...others } = current;
    return (portable === undefined ? others : { ...others, [name]: portable }) as Part;
  }, part);
}

function portableMetadata(metadata: object): object | undefined {
  let isChanged = false;
  const entries: [string, unknown][] = [];
  for (const [provider, options] of Object.entries(metadata)) {
    const members = isPlainObject(options) ? Object.entries(options) : undefined;
    const portable = members?.filter(([name]) => !SERVICE_MEMBERS.has(name));
    if (portable === undefined || portable.length === members?.length) {
      entries.push([provider, options]);
      continue;
    }
    isChanged = true;
    if (portable.length > 0) entries.push([provider, Object.fromEntries(portable)]);
  }
  if (!isChanged) return metadata;
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Returns the part without all provider metadata. */
export function withoutMetadata(part: Part): Part {
  return Object.fromEntries(
    Object.entries(part).filter(([name]) => !METADATA_MEMBERS.includes(name)),
  ) as unknown as Part;
}
