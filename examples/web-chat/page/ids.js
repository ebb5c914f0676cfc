/** Returns a new random id. `crypto.randomUUID` exists only on pages that were loaded with TLS or from localhost. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes.set([(bytes[6] & 0x0f) | 0x40, bytes[7], (bytes[8] & 0x3f) | 0x80], 6);
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
