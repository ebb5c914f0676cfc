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

/**
 * The bytes of a record, which never change. A record that replaces another is written behind what the two have in
 * common, where there is room: what a long conversation costs then is what was added to it.
 */
export class RecordBytes {
  readonly length: number;
  readonly #room: Room;
  /** What the next tenant overwrote of this one's. */
  #end: Buffer | undefined;

  private constructor(buffer: Buffer, length: number, room?: Room) {
    this.length = length;
    this.#room = room ?? { buffer, tenant: this, shared: 0 };
  }

  /** Of bytes that somebody else may have, too, and that are therefore never written to. */
  static of(bytes: Buffer): RecordBytes {
    const found = new RecordBytes(bytes, bytes.length);
    found.#room.shared = Number.POSITIVE_INFINITY;
    return found;
  }

  /**
   * Bytes of which the first `unchanged` are those of `base`. The others are for the caller to write, before anybody
   * else sees them.
   */
  static following(
    base: RecordBytes | undefined,
    unchanged: number,
    length: number,
  ): { bytes: RecordBytes; whole: Buffer } {
    if (base === undefined || unchanged === 0) {
      const whole = Buffer.allocUnsafeSlow(length);
      return { bytes: new RecordBytes(whole, length), whole };
    }
    const bytes = base.#makeRoom(unchanged, length) ?? base.#move(unchanged, length);
    return { bytes, whole: bytes.slice(0, length) };
  }

  /** Valid until a record follows this one: not to be kept. */
  slice(from: number, to: number): Buffer {
    const { buffer } = this.#room;
    const end = this.#end;
    if (end === undefined) return buffer.subarray(from, to);
    const endsAt = this.length - end.length;
    if (to <= endsAt) return buffer.subarray(from, to);
    const last = end.subarray(Math.max(0, from - endsAt), to - endsAt);
    return from >= endsAt ? last : Buffer.concat([buffer.subarray(from, endsAt), last]);
  }

  #makeRoom(unchanged: number, length: number): RecordBytes | undefined {
    const room = this.#room;
    if (room.tenant !== this || unchanged < room.shared || length > room.buffer.length) return undefined;
    // To move is then to copy less.
    if (this.length - unchanged > unchanged) return undefined;
    this.#end = Buffer.from(room.buffer.subarray(unchanged, this.length));
    room.shared = unchanged;
    room.tenant = new RecordBytes(room.buffer, length, room);
    return room.tenant;
  }

  #move(unchanged: number, length: number): RecordBytes {
    const spare = length - unchanged > unchanged ? 0 : Math.ceil(length * SPARE);
    const buffer = Buffer.allocUnsafeSlow(length + spare);
    this.slice(0, unchanged).copy(buffer);
    return new RecordBytes(buffer, length);
  }
}
