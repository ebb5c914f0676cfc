/**
 * Returns where a list of JSON values, separated by commas, ends that begins at `start`: after the last one that is a
 * complete string, object or array. `text` is a part of some JSON, so it may also begin or end within a value.
 */
export function endOfValues(text: string, start: number): number {
  let end = start;
  let position = start;
  for (;;) {
    const valueEnd = endOfValue(text, position);
    // What precedes a colon is a name.
    if (valueEnd === undefined || text[valueEnd] === ":") return end;
    end = valueEnd;
    if (text[end] !== ",") return end;
    position = end + 1;
  }
}

/** Returns where the string, object or array at `start` ends; `undefined` if there is none, or not all of it. */
function endOfValue(text: string, start: number): number | undefined {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== "{" && first !== "[") return undefined;
  const structure = /["{}[\]]/gu;
  structure.lastIndex = start;
  let depth = 0;
  for (;;) {
    const match = structure.exec(text);
    if (match === null) return undefined;
    if (match[0] === '"') {
      const end = endOfString(text, match.index);
      if (end === undefined) return undefined;
      structure.lastIndex = end;
    } else {
      depth += match[0] === "{" || match[0] === "[" ? 1 : -1;
      if (depth === 0) return structure.lastIndex;
    }
  }
}

function endOfString(text: string, start: number): number | undefined {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let first = quote;
    while (text[first - 1] === "\\") first -= 1;
    if ((quote - first) % 2 === 0) return quote + 1;
  }
  return undefined;
}
