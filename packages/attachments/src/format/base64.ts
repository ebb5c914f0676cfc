// Not by one expression over the whole text: it may be hundreds of megabytes long, and must not backtrack.
const NOT_IN_DATA_URI = /[^A-Za-z0-9+/_-]/u;
const NOT_IN_BASE64 = /[^A-Za-z0-9+/]/u;

/** Whether a string is a `data:` URI in base64, or base64 in its canonical form, padded and in one line. */
export function isBase64(text: string): boolean {
  if (/^data:/iu.test(text)) {
    const comma = text.lastIndexOf(",");
    const isDeclared = /;base64$/iu.test(text.slice(Math.max(0, comma - 7), comma));
    return isDeclared && !NOT_IN_DATA_URI.test(withoutPadding(text.slice(comma + 1)));
  }
  return text.length > 0 && text.length % 4 === 0 && !NOT_IN_BASE64.test(withoutPadding(text));
}

function withoutPadding(text: string): string {
  if (!text.endsWith("=")) return text;
  return text.slice(0, text.endsWith("==") ? -2 : -1);
}
