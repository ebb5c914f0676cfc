/** The parts of a data URI in base64; `undefined` for anything else. */
export function readDataUri(uri: string): { readonly mediaType: string; readonly data: string } | undefined {
  const comma = uri.indexOf(",");
  // Not one expression over the whole: the data can be megabytes.
  const header = /^data:([^;,]+)(?:;[^,]*)?;base64$/i.exec(uri.slice(0, comma));
  const mediaType = header?.[1]?.toLowerCase();
  return comma === -1 || mediaType === undefined ? undefined : { mediaType, data: uri.slice(comma + 1) };
}

const audioFormats: readonly (readonly [mediaType: string, format: string])[] = [
  ["audio/wav", "wav"],
  ["audio/x-wav", "wav"],
  ["audio/wave", "wav"],
  ["audio/mpeg", "mp3"],
  ["audio/mp3", "mp3"],
];

/** What Chat Completions calls a format of audio that it takes. */
export function audioFormat(mediaType: string): string | undefined {
  return audioFormats.find(([type]) => type === mediaType)?.[1];
}

/** The media type of a format of audio, as Chat Completions names it. */
export function audioMediaType(format: string): string | undefined {
  return audioFormats.find(([, name]) => name === format)?.[0];
}

/** Providers demand a name of a file; this is the one of a file that has none. */
export const unnamedFile = "document.pdf";
