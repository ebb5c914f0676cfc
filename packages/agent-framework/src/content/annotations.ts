import { quoteName } from "@threadstore/core/documents";
import {
  arrayNode,
  getMember,
  getText,
  isBlank,
  type JsonNode,
  objectNode,
  type ObjectNode,
  stringNode,
} from "../json/node.ts";
import type { Language } from "../shapes/shape.ts";

type Names = { readonly [Of in Language]: string };

/** A citation, independent of the language that wrote it. */
export interface Annotation {
  /** Whether it is a citation, the only type that both languages have. */
  readonly isCitation: boolean;
  /** The members, by their names in C#. */
  readonly members: ReadonlyMap<string, JsonNode>;
  readonly regions: readonly Region[];
  readonly properties: ObjectNode;
  /** Descriptions of the parts that the other language does not have. */
  readonly unknownParts: readonly string[];
}

interface Region {
  readonly start: JsonNode | undefined;
  readonly end: JsonNode | undefined;
}

const CITATION = "citation";
const TYPE: Names = { csharp: "$type", python: "type" };
const REGIONS: Names = { csharp: "annotatedRegions", python: "annotated_regions" };
const PROPERTIES: Names = { csharp: "additionalProperties", python: "additional_properties" };
const TEXT_SPAN: Names = { csharp: "textSpan", python: "text_span" };
const START: Names = { csharp: "start", python: "start_index" };
const END: Names = { csharp: "end", python: "end_index" };

const MEMBERS: readonly Names[] = [
  { csharp: "title", python: "title" },
  { csharp: "url", python: "url" },
  { csharp: "fileId", python: "file_id" },
  { csharp: "toolName", python: "tool_name" },
  { csharp: "snippet", python: "snippet" },
];

/** Reads an annotation of a content item. Never throws: an annotation does not make a thread corrupt. */
export function readAnnotation(node: JsonNode, language: Language): Annotation {
  const isCitation = getText(node, TYPE[language]) === CITATION;
  const regions = getMember(node, REGIONS[language]);
  const spans = regions?.type === "array" ? regions.items : [];
  const properties = getMember(node, PROPERTIES[language]);
  return {
    isCitation,
    members: new Map(
      MEMBERS.flatMap((names) => {
        const value = getMember(node, names[language]);
        return value === undefined || value.type === "null" ? [] : [[names.csharp, value] as const];
      }),
    ),
    regions: spans.filter(isSpan(language)).map((span) => ({
      start: getMember(span, START[language]),
      end: getMember(span, END[language]),
    })),
    properties: properties?.type === "object" ? properties : objectNode([]),
    unknownParts: [
      ...findUnknownMembers(node, language),
      ...(spans.every(isSpan(language)) ? [] : ["an annotated region"]),
    ],
  };
}

function isSpan(language: Language): (region: JsonNode) => boolean {
  return (region) => getText(region, TYPE[language]) === TEXT_SPAN[language];
}

function findUnknownMembers(node: JsonNode, language: Language): string[] {
  if (node.type !== "object") return [];
  const names = [TYPE, REGIONS, PROPERTIES, ...MEMBERS].map((name) => name[language]);
  return node.members
    .filter(([name, value]) => !names.includes(name) && !isBlank(value))
    .map(([name]) => `the member ${quoteName(name)} of an annotation`);
}

/** Writes the citations of a content item in a language, or returns `undefined` if there are none. */
export function printAnnotations(
  annotations: readonly Annotation[],
  language: Language,
  lose: (part: string) => void,
): JsonNode | undefined {
  const printed = annotations.flatMap((annotation) => {
    if (!annotation.isCitation) {
      lose("an annotation");
      return [];
    }
    for (const part of annotation.unknownParts) lose(part);
    return [printCitation(annotation, language)];
  });
  return printed.length === 0 ? undefined : arrayNode(printed);
}

function printCitation({ members, regions, properties }: Annotation, language: Language): JsonNode {
  const spans = regions.map(({ start, end }) =>
    objectNode([
      [TYPE[language], stringNode(TEXT_SPAN[language])],
      [START[language], start],
      [END[language], end],
    ]),
  );
  return objectNode([
    [TYPE[language], stringNode(CITATION)],
    ...MEMBERS.map((names) => [names[language], members.get(names.csharp)] as const),
    [REGIONS[language], spans.length === 0 ? undefined : arrayNode(spans)],
    [PROPERTIES[language], isBlank(properties) ? undefined : properties],
  ]);
}
