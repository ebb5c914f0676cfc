import { createHash } from "node:crypto";
import { TRAILER_MAX_BYTES, TRAILER_START, USUAL_TRAILER_MAX_BYTES } from "@threadstore/core/driver";
import { CORRUPT_REPLY_CODE } from "./errors.ts";

/** A Lua script. Once Redis has run it, its digest is enough to run it again. */
export interface Script {
  readonly source: string;
  readonly sha1: string;
}

/** A stored record is one string: this many bytes of version, followed by the record's bytes. */
export const VERSION_LENGTH = 22;

/**
 * Ends the script before it has any effect if the user may not run one of the commands. Redis checks permissions at each
 * command of a script, and some versions report a denial there without an error code.
 */
function requirePermissions(...commands: string[]): string {
  return `
for _, command in ipairs({ ${commands.map((command) => `{ ${command} }`).join(", ")} }) do
  if not redis.acl_check_cmd(unpack(command)) then
    return redis.error_reply('NOPERM The user of the store may not run ' .. command[1] .. ' on its keys.')
  end
end`;
}

/**
 * Sets `state` to the state of KEYS[1]: "" if it does not exist, otherwise "=" followed by the version. If the value is
 * not a string, the script ends with WRONGTYPE before it writes anything.
 */
const READ_STATE = `
local stored = redis.call('GETRANGE', KEYS[1], 0, ${VERSION_LENGTH - 1})
local state = ''
if stored ~= '' or redis.call('EXISTS', KEYS[1]) == 1 then state = '=' .. stored end
`;

/** KEYS: record. ARGV: a version. Returns 1 if the record is at that version, otherwise the record. */
export const readScript: Script = script(`
${requirePermissions("'GETRANGE', KEYS[1], 0, 0", "'GET', KEYS[1]")}
if redis.call('GETRANGE', KEYS[1], 0, ${VERSION_LENGTH - 1}) == ARGV[1] then return 1 end
return redis.call('GET', KEYS[1])
`);

/**
 * KEYS: record, index of ids, index by recency. ARGV: the expected state, the new version, how many leading bytes of the
 * record are unchanged, the bytes that follow them, when Redis may delete the record (milliseconds since the epoch, or
 * ""), the id, the score by recency. Returns 1 if the record was written, 0 if the state differs.
 *
 * The first command that writes is one that Redis refuses when it is out of memory, or if the key of the index holds
 * another type of value, so no write is left half done. The indexes are written before the record because an index entry
 * without a record is harmless.
 */
export const writeScript: Script = script(`
${requirePermissions(
  "'GETRANGE', KEYS[1], 0, 0",
  "'EXISTS', KEYS[1]",
  "'STRLEN', KEYS[1]",
  "'SET', KEYS[1], ''",
  "'SETRANGE', KEYS[1], 0, ''",
  "'PERSIST', KEYS[1]",
  "'PEXPIREAT', KEYS[1], 0",
  "'ZADD', KEYS[2], 0, ''",
  "'ZADD', KEYS[3], 0, ''",
)}
${READ_STATE}
local version, unchanged, changed, expiry = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
if stored == version then return 1 end
if state ~= ARGV[1] then return 0 end
local length = redis.call('STRLEN', KEYS[1])
local from = ${VERSION_LENGTH} + unchanged
if unchanged > 0 and from > length then
  return redis.error_reply('${CORRUPT_REPLY_CODE} The record is shorter than when its version was written.')
end
redis.call('ZADD', KEYS[3], ARGV[7], ARGV[6])
if unchanged > 0 and from + #changed >= length then
  redis.call('SETRANGE', KEYS[1], from, changed)
  redis.call('SETRANGE', KEYS[1], 0, version)
  if expiry == '' then
    redis.call('PERSIST', KEYS[1])
  else
    redis.call('PEXPIREAT', KEYS[1], expiry)
  end
  return 1
end
local start = ''
if unchanged > 0 then start = redis.call('GETRANGE', KEYS[1], ${VERSION_LENGTH}, from - 1) end
if state == '' then redis.call('ZADD', KEYS[2], 0, ARGV[6]) end
local record = version .. start .. changed
if expiry == '' then
  redis.call('SET', KEYS[1], record)
else
  redis.call('SET', KEYS[1], record, 'PXAT', expiry)
end
return 1
`);

/**
 * KEYS: record, index of ids, index by recency. ARGV: the expected state, the id. Returns 1 if the record was deleted, 0
 * if the state differs.
 */
export const deleteScript: Script = script(`
${requirePermissions("'GETRANGE', KEYS[1], 0, 0", "'EXISTS', KEYS[1]", "'DEL', KEYS[1]", "'ZREM', KEYS[2], ''", "'ZREM', KEYS[3], ''")}
${READ_STATE}
if state == '' or state ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[2])
return 1
`);

/** How much of a record's end is read at first. A trailer without much metadata has a few hundred bytes. */
const SHORT_TAIL_BYTES = 2048;

/**
 * KEYS: record. ARGV: the most bytes of its end to return, and how many bytes before the trailer they must include.
 * Returns the version and the end of the record, or nil.
 */
export const tailScript: Script = script(`
${requirePermissions("'EXISTS', KEYS[1]", "'STRLEN', KEYS[1]", "'GETRANGE', KEYS[1], 0, 0")}
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local length, tail = redis.call('STRLEN', KEYS[1]), ''
for _, count in ipairs({ ${SHORT_TAIL_BYTES}, tonumber(ARGV[1]) }) do
  tail = redis.call('GETRANGE', KEYS[1], math.max(${VERSION_LENGTH}, length - count), -1)
  local start = string.find(tail, '${TRAILER_START}', 1, true)
  if start and start > tonumber(ARGV[2]) then break end
end
return { redis.call('GETRANGE', KEYS[1], 0, ${VERSION_LENGTH - 1}), tail }
`);

/**
 * KEYS: index of ids, index by recency, records. ARGV: the records' ids. Returns the version and trailer of each record,
 * or nil. Removes the index entries of a record that has expired, if the user may do that. Of a record whose trailer is
 * longer than usual, or missing, it reads as much as a trailer may have.
 */
export const tailsScript: Script = script(`
${requirePermissions("'EXISTS', KEYS[3]", "'STRLEN', KEYS[3]", "'GETRANGE', KEYS[3], 0, 0")}
local function tailOf(key, length)
  return redis.call('GETRANGE', key, math.max(${VERSION_LENGTH}, redis.call('STRLEN', key) - length), -1)
end
local tails = {}
for position = 3, #KEYS do
  local key = KEYS[position]
  if redis.call('EXISTS', key) == 1 then
    local tail = tailOf(key, ${USUAL_TRAILER_MAX_BYTES})
    local start = string.find(tail, '${TRAILER_START}', 1, true)
    tail = start and string.sub(tail, start) or tailOf(key, ${TRAILER_MAX_BYTES})
    tails[position - 2] = { redis.call('GETRANGE', key, 0, ${VERSION_LENGTH - 1}), tail }
  else
    local id = ARGV[position - 2]
    redis.pcall('ZREM', KEYS[1], id)
    redis.pcall('ZREM', KEYS[2], id)
    tails[position - 2] = false
  end
end
return tails
`);

function script(source: string): Script {
  let sha1: string | undefined;
  return {
    source,
    get sha1() {
      sha1 ??= createHash("sha1").update(source).digest("hex");
      return sha1;
    },
  };
}
