/**
 * Returns whether a value is an error, by its shape. Unlike `instanceof`, recognizes errors of every realm: Jest runs an
 * application in another realm than Node.js itself, whose errors are then not instances of `Error`.
 */
export function isError(value: unknown): value is Error {
  if (typeof value !== "object" || value === null) return false;
  const { name, message } = value as Partial<Error>;
  return typeof name === "string" && typeof message === "string";
}
