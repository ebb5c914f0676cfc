/**
 * Returns the replacement of a text that is longer than the provider accepts, such as its beginning, a summary, or a
 * reference to a copy in other storage.
 */
export type ShortenText = (this: void, text: string, maximum: number) => string;

/** Returns a text of at most `maximum` characters. A replacement that is still too long is cut. */
export function shortenText(text: string, maximum: number, shorten: ShortenText = cutText): string {
  const replacement: unknown = shorten(text, maximum);
  if (typeof replacement !== "string") return cutText(text, maximum);
  const shortText = replacement.toWellFormed();
  return shortText.length > maximum ? cutText(shortText, maximum) : shortText;
}

/** Returns the beginning of a text, with a note for the model. */
export function cutText(text: string, maximum: number): string {
  const note = (count: number): string =>
    `\n[The text was cut here: ${count} of its ${text.length} characters are missing.]`;
  const length = Math.max(maximum - note(text.length).length, 0);
  // Not between the halves of a character.
  const beginning = text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
  return `${beginning}${note(text.length - beginning.length)}`.slice(0, maximum);
}
