import { InterchangeError } from "../interchange-error.ts";

/** As deep as a thread of ours may be; what is deeper would exhaust the stack of whoever reads it. */
export const maximumDepth = 1000;

export function tooDeep(path: string): InterchangeError {
  return new InterchangeError("THREAD_INVALID", `${path}: nested deeper than ${maximumDepth} levels.`, {
    path,
  });
}
