import { ByteBuffer, fillRandom } from "#platform";

const NONCE_BYTES = 16;
/** Enough for many nonces, because a call for random bytes takes longer than everything else. */
const POOL_BYTES = 128 * NONCE_BYTES;

const pool = ByteBuffer.allocUnsafeSlow(POOL_BYTES);
let used = POOL_BYTES;

/** Returns the nonce of a write: 128 random bits as 22 characters of `[0-9A-Za-z_-]`. */
export function newNonce(): string {
  if (used === POOL_BYTES) {
    fillRandom(pool);
    used = 0;
  }
  used += NONCE_BYTES;
  return pool.toString("base64url", used - NONCE_BYTES, used);
}
