/** Two ids for which a hash function of 32 bits, computed over their UTF-8, returns the same value. */
export type CollidingIds = readonly [string, string];

export type HashName =
  | "CRC-32"
  | "CRC-32C"
  | "FNV-1"
  | "FNV-1a"
  | "Java"
  | "djb2"
  | "djb2a"
  | "sdbm"
  | "Adler-32"
  | "MurmurHash3";

/** Collisions of the hash functions that programs name files, keys or shards by. corpus.test.ts proves them. */
export const collidingIds: Readonly<Record<HashName, CollidingIds>> = {
  "CRC-32": ["chat-07uo6uj", "chat-0kixxzh"],
  "CRC-32C": ["chat-1kexlta", "chat-074727t"],
  "FNV-1": ["chat-1iucl3v", "chat-1wqswxb"],
  "FNV-1a": ["chat-16fpu3d", "chat-1hgyrb8"],
  Java: ["chat-Aa", "chat-BB"],
  djb2: ["chat-1eaygiu", "chat-1ec7gk3"],
  djb2a: ["chat-0u0xs6p", "chat-0st83tp"],
  sdbm: ["chat-17d09hu", "chat-0kxlxyd"],
  "Adler-32": ["chat-1apawxj", "chat-0xy0wzz"],
  MurmurHash3: ["chat-1jmbhei", "chat-0fs2jsb"],
};

/** Texts that programs put between a namespace and an id, or between the names of nested namespaces. */
export const likelySeparators: readonly string[] = [
  "/",
  ":",
  "\\",
  ".",
  "|",
  "-",
  "_",
  "#",
  "~",
  "@",
  "$",
  ",",
  ";",
  " ",
  "\n",
  "\u0000",
  "\u0001",
  "\u001f",
  "::",
  "//",
  "--",
  "__",
  "%2F",
  "%3A",
];
