import { memo, type ReactNode } from "react";

const TOKEN =
  /(?<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?<string>"(?:[^"\\]|\\.)*"?)|(?<literal>-?\b\d[\d.eE+-]*\b|\b(?:true|false|null)\b)/gu;
/** More tokens would make a page with many elements. */
const MOST_CHARACTERS = 20_000;

/** JSON, or a part of it, with colours. */
export const JsonText: (properties: { readonly text: string }) => ReactNode = memo(function JsonText({
  text,
}: {
  readonly text: string;
}): ReactNode {
  if (text.length > MOST_CHARACTERS) return text;
  const parts: ReactNode[] = [];
  let end = 0;
  for (const { 0: token, index, groups = {} } of text.matchAll(TOKEN)) {
    if (index > end) parts.push(text.slice(end, index));
    const kind =
      groups["key"] === undefined ? (groups["string"] === undefined ? "literal" : "string") : "key";
    parts.push(
      <span key={index} className={`json-${kind}`}>
        {token}
      </span>,
    );
    end = index + token.length;
  }
  parts.push(text.slice(end));
  return parts;
});
