import type { MemoryStorage } from "@mastra/core/storage";

/** The arguments of a method of Mastra's memory domain. */
export type Arguments<Name extends keyof MemoryStorage> = MemoryStorage[Name] extends (
  ...args: infer Args
) => unknown
  ? Args
  : never;

/** The first argument of a method of Mastra's memory domain. */
export type Input<Name extends keyof MemoryStorage> = Arguments<Name>[0];

/** What a method of Mastra's memory domain returns. */
export type Output<Name extends keyof MemoryStorage> = MemoryStorage[Name] extends (
  ...args: never
) => infer Result
  ? Result
  : never;
