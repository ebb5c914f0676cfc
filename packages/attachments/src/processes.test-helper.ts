/** An image that is known by its name, and long enough to be an attachment. */
export function imageOf(name: string): string {
  return Buffer.from(`${name},`.repeat(8000)).toString("base64");
}
