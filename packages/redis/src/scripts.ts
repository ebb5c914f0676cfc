import { createHash } from "node:crypto";

/** A Lua script, which Redis knows by its digest once it has seen it. */
export interface Script {
  readonly source: string;
  readonly sha1: string;
}

/** A stored record is its version and behind it the record's bytes, in one string. */
export const versionLength = 22;

/**
 * Ends the script, before it has done anything, if the user may not run one of the commands: what a script calls is
 * checked one by one, and some versions of Redis answer that without a code.
 */
function allowed(...commands: string[]): string {
  return `
for _, command in ipairs({ ${commands.map((command) => `{ ${command} }`).join(", ")} }) do
  if not redis.acl_check_cmd(unpack(command)) then
    return redis.error_reply('NOPERM The user of the store may not run ' .. command[1] .. ' on its keys.')
  end
end`;
}

/**
 * Sets `state` to what is at KEYS[1]: "" for nothing, and otherwise "=" and the version. What is no string at all
 * ends the script with WRONGTYPE, before anything is written.
 */
const look = `
local stored = redis.call('GETRANGE', KEYS[1], 0, ${versionLength - 1})
local state = ''
if stored ~= '' or redis.call('EXISTS', KEYS[1]) == 1 then state = '=' .. stored end
`;

/** KEYS: record. ARGV: a version. Answers 1 instead of the record when it is at that version. */
export const readScript: Script = script(`
${allowed("'GETRANGE', KEYS[1], 0, 0", "'GET', KEYS[1]")}
if redis.call('GETRANGE', KEYS[1], 0, ${versionLength - 1}) == ARGV[1] then return 1 end
return redis.call('GET', KEYS[1])
`);

/**
 * KEYS: record, index. ARGV: the expected state, the new version, how many of the record's leading bytes stay, the
 * bytes behind them, when Redis may remove the record (milliseconds since the epoch, or ""), the id.
 *
 * The first command that writes is one that Redis refuses when it is out of memory: nothing is half done then. The
 * index comes before the record, since an entry without a record does no harm.
 */
export const writeScript: Script = script(`
${allowed(
  "'GETRANGE', KEYS[1], 0, 0",
  "'EXISTS', KEYS[1]",
  "'STRLEN', KEYS[1]",
  "'SET', KEYS[1], ''",
  "'SETRANGE', KEYS[1], 0, ''",
  "'PERSIST', KEYS[1]",
  "'PEXPIREAT', KEYS[1], 0",
  "'ZADD', KEYS[2], 0, ''",
)}
${look}
local version, unchanged, rest, expiry = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
if stored == version then return 1 end
if state ~= ARGV[1] then return 0 end
local length = redis.call('STRLEN', KEYS[1])
local from = ${versionLength} + unchanged
if unchanged > 0 and from > length then
  return redis.error_reply('THREADSTOREDAMAGED The record is shorter than when its version was written.')
end
if unchanged > 0 and from + #rest >= length then
  redis.call('SETRANGE', KEYS[1], from, rest)
  redis.call('SETRANGE', KEYS[1], 0, version)
  if expiry == '' then
    redis.call('PERSIST', KEYS[1])
  else
    redis.call('PEXPIREAT', KEYS[1], expiry)
  end
  return 1
end
local kept = ''
if unchanged > 0 then kept = redis.call('GETRANGE', KEYS[1], ${versionLength}, from - 1) end
if state == '' then redis.call('ZADD', KEYS[2], 0, ARGV[6]) end
local record = version .. kept .. rest
if expiry == '' then
  redis.call('SET', KEYS[1], record)
else
  redis.call('SET', KEYS[1], record, 'PXAT', expiry)
end
return 1
`);

/** KEYS: record, index. ARGV: the expected state, the id. */
export const deleteScript: Script = script(`
${allowed("'GETRANGE', KEYS[1], 0, 0", "'EXISTS', KEYS[1]", "'DEL', KEYS[1]", "'ZREM', KEYS[2], ''")}
${look}
if state == '' or state ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
return 1
`);

/**
 * KEYS: index, records. ARGV: how many last bytes, the records' ids. Answers with the version and end of each record,
 * or nil. An index entry whose record has expired is removed, if that is allowed.
 */
export const tailsScript: Script = script(`
${allowed("'EXISTS', KEYS[2]", "'STRLEN', KEYS[2]", "'GETRANGE', KEYS[2], 0, 0")}
local tails = {}
for position = 2, #KEYS do
  local key = KEYS[position]
  if redis.call('EXISTS', key) == 1 then
    local start = math.max(${versionLength}, redis.call('STRLEN', key) - ARGV[1])
    tails[position - 1] = {
      redis.call('GETRANGE', key, 0, ${versionLength - 1}),
      redis.call('GETRANGE', key, start, -1),
    }
  else
    redis.pcall('ZREM', KEYS[1], ARGV[position])
    tails[position - 1] = false
  end
end
return tails
`);

function script(source: string): Script {
  return { source, sha1: createHash("sha1").update(source).digest("hex") };
}
