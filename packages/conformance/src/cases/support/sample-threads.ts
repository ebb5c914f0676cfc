import { range } from "../../utilities/parallel.ts";

/** Long enough that a shorter thread could leave a tail. */
export const LONG_THREAD: { readonly messages: readonly string[] } = {
  messages: range(200).map((n) => `message number ${n}`),
};
