/** Returns a text that is determined by its name, and long enough to be compressed. */
export function textOf(name: string): string {
  return Array.from({ length: 60 }, (_, index) => `${name} says ${(index * 7919) % 251} times hello`).join(
    ", ",
  );
}
