// Created at the first use, because jsdom, in which tests of pages run, has neither.
let encoder: InstanceType<typeof TextEncoder> | undefined;
let decoder: InstanceType<typeof TextDecoder> | undefined;

export function encodeUtf8(text: string): Uint8Array {
  encoder ??= new TextEncoder();
  return encoder.encode(text);
}

/** Writes `text` to the beginning of `target`. Returns the number of bytes written. */
export function encodeUtf8Into(text: string, target: Uint8Array): number {
  encoder ??= new TextEncoder();
  return encoder.encodeInto(text, target).written;
}

export function decodeUtf8(bytes: Uint8Array): string {
  decoder ??= new TextDecoder("utf-8", { ignoreBOM: true });
  return decoder.decode(bytes);
}
