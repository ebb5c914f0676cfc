/** A conversation that cannot be moved. Its message says why, and contains no contents. */
export class RecordError extends Error {
  override readonly name = "RecordError";
}
