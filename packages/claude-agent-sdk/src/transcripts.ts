import type { TranscriptLocation } from "./session-location.ts";
import { Transcript } from "./transcript.ts";

/** How many hashes of entries are remembered, at some 70 bytes each. A single transcript may have more. */
const MAX_HASHES = 400_000;
const MAX_TRANSCRIPTS = 256;

/** The transcripts that this process appended to last. */
export class Transcripts {
  readonly #segmentBytes: number;
  /** In the order of their last use. */
  readonly #transcripts = new Map<string, Transcript>();

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes;
  }

  /** Runs the calls for one transcript one after the other. */
  async run<T>(location: TranscriptLocation, work: (transcript: Transcript) => Promise<T>): Promise<T> {
    const name = nameOf(location);
    const transcript = this.#transcripts.get(name) ?? new Transcript(location, this.#segmentBytes);
    this.#transcripts.delete(name);
    this.#transcripts.set(name, transcript);
    try {
      return await transcript.run(() => work(transcript));
    } finally {
      this.#limit();
    }
  }

  /** Forgets a deleted transcript: if it is the main one, with those of the session's subpaths. */
  forget(location: TranscriptLocation): void {
    const prefix = location.isMain ? nameOf(location).slice(0, -1) : undefined;
    for (const [name, transcript] of this.#transcripts) {
      if (prefix === undefined ? name === nameOf(location) : name.startsWith(prefix)) transcript.forget();
    }
  }

  #limit(): void {
    let hashes = 0;
    for (const { knownHashes } of this.#transcripts.values()) hashes += knownHashes;
    for (const [name, transcript] of this.#transcripts) {
      if (this.#transcripts.size <= 1) return;
      if (this.#transcripts.size <= MAX_TRANSCRIPTS && hashes <= MAX_HASHES) return;
      if (!transcript.isIdle) continue;
      hashes -= transcript.knownHashes;
      this.#transcripts.delete(name);
    }
  }
}

/** Returns a unique name. Names of subpaths begin with that of the main transcript, without its last character. */
function nameOf({ key: { projectKey, sessionId, subpath } }: TranscriptLocation): string {
  return JSON.stringify(subpath === undefined ? [projectKey, sessionId] : [projectKey, sessionId, subpath]);
}
