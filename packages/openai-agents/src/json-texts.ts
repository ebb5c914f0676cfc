/** Returns the texts of the members of a JSON object, by name and without white space between their values. */
export function memberTexts(json: string): ReadonlyMap<string, string> {
  const members = splitJson(json).map((member): [string, string] => {
    const name = member.slice(member.indexOf('"'), endOfString(member, member.indexOf('"')));
    const value = member.slice(member.indexOf(":", member.indexOf(name) + name.length) + 1);
    return [JSON.parse(name) as string, compactJson(value)];
  });
  return new Map(members);
}

/** Returns the texts of the elements of a JSON array. */
export function elementTexts(json: string): readonly string[] {
  return splitJson(json);
}

/** Splits the text of an object or array at its own commas. The text must be JSON. */
function splitJson(json: string): string[] {
  const token = /["{}[\],]/gu;
  const texts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let match = token.exec(json); match !== null; match = token.exec(json)) {
    const [character] = match;
    if (character === '"') {
      token.lastIndex = endOfString(json, match.index);
    } else if (character === "{" || character === "[") {
      depth += 1;
      if (depth === 1) start = match.index + 1;
    } else {
      if (character !== ",") depth -= 1;
      if (depth === 0 || (depth === 1 && character === ",")) {
        texts.push(json.slice(start, match.index));
        start = match.index + 1;
      }
    }
  }
  return texts.length === 1 && texts[0]?.trim() === "" ? [] : texts;
}

/** Removes white space outside of strings. */
function compactJson(json: string): string {
  const token = /["\s]/gu;
  let compact = "";
  let start = 0;
  for (let match = token.exec(json); match !== null; match = token.exec(json)) {
    if (match[0] === '"') {
      token.lastIndex = endOfString(json, match.index);
    } else {
      compact += json.slice(start, match.index);
      start = match.index + 1;
    }
  }
  return start === 0 ? json : compact + json.slice(start);
}

/** Returns the index after the string that starts at `start`. */
function endOfString(json: string, start: number): number {
  let end = start;
  let isEscaped = true;
  while (isEscaped) {
    end = json.indexOf('"', end + 1);
    let backslashes = 0;
    while (json[end - 1 - backslashes] === "\\") backslashes += 1;
    isEscaped = backslashes % 2 === 1;
  }
  return end + 1;
}
