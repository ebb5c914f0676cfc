/** Returns the parts of a base64 data URI, or `undefined` for any other text. */
export function readDataUri(uri: string): { readonly mediaType: string; readonly data: string } | undefined {
  const comma = uri.indexOf(",");
  // The expression must not match the data, which can be megabytes.
  const header = /^data:([^;,]+)(?:;[^,]*)?;base64$/i.exec(uri.slice(0, comma));
  const mediaType = header?.[1]?.toLowerCase();
  return comma === -1 || mediaType === undefined ? undefined : { mediaType, data: uri.slice(comma + 1) };
}

const AUDIO_FORMATS: readonly (readonly [mediaType: string, format: string])[] = [
  ["audio/wav", "wav"],
  ["audio/x-wav", "wav"],
  ["audio/wave", "wav"],
  ["audio/mpeg", "mp3"],
  ["audio/mp3", "mp3"],
];

/** Returns the name of an audio format in Chat Completions, or `undefined` if it is not supported. */
export function audioFormat(mediaType: string): string | undefined {
  return AUDIO_FORMATS.find(([type]) => type === mediaType)?.[1];
}

/** Returns the media type of an audio format of Chat Completions. */
export function audioMediaType(format: string): string | undefined {
  return AUDIO_FORMATS.find(([, name]) => name === format)?.[0];
}

/** The name of a file that has none. Providers require one. */
export const UNNAMED_FILE = "document.pdf";
