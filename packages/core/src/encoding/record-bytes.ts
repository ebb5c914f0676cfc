import { borrow, giveBack } from "./buffer-pool.ts";
import { Scratch } from "./scratch-buffer.ts";

/** Room for the bytes of one record after the other, each of which begins as the one before. */
interface Room {
  readonly buffer: Buffer;
  /** The one whose bytes the buffer has to their end. */
  tenant: RecordBytes;
  /** So many of the first bytes belong to records before the tenant as well, and are never written again. */
  shared: number;
}

/** Where most of a record stays, others will follow: room for as much more of it. */
const SPARE = 1 / 4;

const scratch = new Scratch();

/**
 * The bytes of a record, which never change. A record that replaces another is written behind what the two have in
 * common, where there is room: what a long conversation costs then is what was added to it. One that has little in
 * common with another, and was a text, is that text again when it is written, and bytes for who asks.
 */
export class RecordBytes {
  readonly length: number;
  /** What these bytes begin with, up to the trailer, in parts; for those alone that can do without a room. */
  readonly text: readonly string[] | undefined;
  /** `undefined` when there is only the text. */
  #room: Room | undefined;
  /** What the next tenant overwrote of this one's. */
  #end: Buffer | undefined;

  private constructor(
    length: number,
    room: Buffer | Room,
    { text, shared = 0 }: { readonly text?: readonly string[]; readonly shared?: number } = {},
  ) {
    this.length = length;
    this.text = text;
    this.#room = Buffer.isBuffer(room) ? { buffer: room, tenant: this, shared } : room;
  }

  /** Of bytes that somebody else may have, too, and that are therefore never written to. */
  static of(bytes: Buffer): RecordBytes {
    return new RecordBytes(bytes.length, bytes, { shared: Number.POSITIVE_INFINITY });
  }

  /**
   * Bytes of which the first `unchanged` are those of `base`. The others are for the caller to write, before anybody
   * else sees them. `text`, if it is known, is what they begin with, as far as anybody asks for them once they are
   * stored.
   */
  static following(
    base: RecordBytes | undefined,
    unchanged: number,
    length: number,
    text?: readonly string[],
  ): { bytes: RecordBytes; whole: Buffer } {
    const inPlace = base === undefined ? undefined : base.#makeRoom(unchanged, length);
    const bytes = inPlace ?? RecordBytes.#moved(base, unchanged, length, text);
    return { bytes, whole: bytes.slice(0, length) };
  }

  /** Valid until a record follows this one, or another is asked for its bytes: not to be kept. */
  slice(from: number, to: number): Buffer {
    if (this.#room === undefined) return encoded(this.text ?? [], to).subarray(from, to);
    const { buffer } = this.#room;
    const end = this.#end;
    if (end === undefined) return buffer.subarray(from, to);
    const endsAt = this.length - end.length;
    if (to <= endsAt) return buffer.subarray(from, to);
    const last = end.subarray(Math.max(0, from - endsAt), to - endsAt);
    return from >= endsAt ? last : Buffer.concat([buffer.subarray(from, endsAt), last]);
  }

  /** Lets others have the memory, where there is the text. Nobody reads what `following` gave any more. */
  keepText(): void {
    if (this.text === undefined || this.#room?.tenant !== this || this.#room.shared > 0) return;
    giveBack(this.#room.buffer);
    this.#room = undefined;
  }

  #makeRoom(unchanged: number, length: number): RecordBytes | undefined {
    const room = this.#room;
    if (room?.tenant !== this || unchanged < room.shared || length > room.buffer.length) return undefined;
    // To move is then to copy less.
    if (unchanged === 0 || this.length - unchanged > unchanged) return undefined;
    this.#end = Buffer.from(room.buffer.subarray(unchanged, this.length));
    room.shared = unchanged;
    room.tenant = new RecordBytes(length, room);
    return room.tenant;
  }

  static #moved(
    base: RecordBytes | undefined,
    unchanged: number,
    length: number,
    text: readonly string[] | undefined,
  ): RecordBytes {
    const staysMostly = length - unchanged <= unchanged;
    const kept = base?.slice(0, unchanged);
    const borrowed = text !== undefined && !staysMostly;
    const room = staysMostly ? length + Math.ceil(length * SPARE) : length;
    const buffer = borrowed ? borrow(length) : Buffer.allocUnsafeSlow(room);
    kept?.copy(buffer);
    return new RecordBytes(length, buffer, borrowed ? { text } : {});
  }
}

/** The first bytes of the texts, `to` of them or more. */
function encoded(texts: readonly string[], to: number): Buffer {
  // No unit of a text takes less than a byte. One more, for the last may be cut off from its other half.
  return scratch.encode(...texts.map((text) => text.slice(0, to + 1)));
}
