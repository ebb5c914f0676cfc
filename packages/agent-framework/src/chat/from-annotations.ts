import type { Annotation } from "../content/annotations.ts";
import type { Content } from "../content/content.ts";
import { getMember, getText, isBlank, type JsonNode, objectNode } from "../json/node.ts";
import type { Report } from "../report.ts";

/** Adds the citations of a message of Chat Completions to its text, and reports other annotations as lost. */
export function addCitations(
  contents: readonly Content[],
  annotations: JsonNode | undefined,
  path: string,
  report: Report,
): readonly Content[] {
  if (isBlank(annotations)) return contents;
  const position = contents.findIndex(({ kind }) => kind === "text");
  const text = contents[position];
  if (annotations?.type !== "array" || text === undefined) {
    report("lost", path, "Agent Framework only has annotations of text.");
    return contents;
  }
  const citations = annotations.items.flatMap((annotation) => {
    const citation = toCitation(annotation);
    if (citation !== undefined) return [citation];
    report("lost", path, "Agent Framework does not have this type of annotation.");
    return [];
  });
  return contents.with(position, { ...text, annotations: citations });
}

function toCitation(node: JsonNode): Annotation | undefined {
  const source = getMember(node, "url_citation");
  if (getText(node, "type") !== "url_citation" || source?.type !== "object") return undefined;
  const [start, end] = [getMember(source, "start_index"), getMember(source, "end_index")];
  const members = ["title", "url"].flatMap((name) => {
    const value = getMember(source, name);
    return value?.type === "string" ? [[name, value] as const] : [];
  });
  return {
    isCitation: true,
    members: new Map(members),
    regions: start === undefined || end === undefined ? [] : [{ start, end }],
    properties: objectNode([]),
    unknownParts: [],
  };
}
