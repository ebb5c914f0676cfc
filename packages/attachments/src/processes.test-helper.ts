/** Returns an image that is determined by its name and long enough to become an attachment. */
export function imageOf(name: string): string {
  return Buffer.from(`${name},`.repeat(8000)).toString("base64");
}
