interface Explanations {
  readonly [folder: string]: { readonly [store: string]: { readonly [check: string]: string } };
}

/**
 * What happened in the checks that failed: by the folder of the bridge, the store (or the beginning of the names of
 * several) and the check.
 */
const EXPLANATIONS: Explanations = {
  "claude-agent-sdk": {
    InMemorySessionStore: {
      "an append without entries creates no session, and is not a change of one":
        "The session exists afterwards, and loads as an empty list instead of `null`.",
      "a batch that is sent again is not stored again": "The batch is stored each time that it is sent.",
      "a batch that is sent again after 200 others is not stored again, and leaves the summary as it is":
        "The batch is stored again at the end.",
      "the missing entries of a batch that was stored in part are added, in order":
        "The entries that were already stored are stored again with the missing ones.",
      "an entry that a batch contains twice is stored once": "The entry is stored twice.",
      "entries without a uuid in a batch that is sent again are not stored again":
        "The whole batch is stored again.",
      "entries in batches of other boundaries are not stored again, and leave the summary as it is":
        "Each batch is stored again.",
      "writers that send the same batch at once store it once": "The batch is stored once for each writer.",
      "keys with any character, and keys that differ only in where a slash is, are separate":
        "Three keys that differ only in where a slash is share one transcript.",
      "loaded entries belong to the caller":
        "An entry that the caller adds to a loaded list is added to the stored session.",
    },
  },
  langgraph: {
    "ThreadStore with `singleWriter`": {
      "store › store#put › should only store channel_values that have changed (based on newVersions)":
        "The check writes several checkpoints that continue the same one, which the option rejects.",
      "store › store#getTuple › namespace: child › should migrate pending sends":
        "The check writes several checkpoints that continue the same one, which the option rejects.",
    },
  },
  "openai-agents": {
    ThreadStore: {
      "any text is preserved, also half of a character":
        "Lone surrogates, which providers reject, become U+FFFD, as the README says.",
    },
  },
  adk: {
    InMemorySessionService: {
      "a session that exists is not created again, and its application keeps its state":
        "A new session with the same id replaces the existing one.",
      "an append to a missing or deleted session is rejected, and changes no state":
        "An append to a deleted session resolves.",
      "of clients that create the same session at once, one does": "All three clients create it.",
      "a session that others have continued is merged by the next append":
        "The session object keeps only the events that it was passed.",
      "a copy of a session is merged, too": "The copy keeps only the events that it was passed.",
      "an event that is appended again is stored once, and does not bring back an old state":
        "The state goes back to that of the repeated event.",
      "an event that is appended again after 120 others is stored once":
        "The state goes back to that of the repeated event.",
    },
    DatabaseSessionService: {
      "every step shows what the SDK's service in memory shows":
        "An event that replaces one with the same id is listed after later ones, because events are ordered by their times.",
      "names of any length with any characters are separate, and listed":
        "A name with the character U+0000 is rejected, because PostgreSQL cannot store it in a text.",
      "state keys and values are preserved, whatever they are": "The key `__proto__` is dropped.",
      "a session that others have continued is merged by the next append":
        "The merge drops the `temp:` keys of the session object. Everything else is merged.",
      "an event that is appended again is stored once, and does not bring back an old state":
        "The state goes back to that of the repeated event.",
      "an event that is appended again after 120 others is stored once":
        "The state goes back to that of the repeated event.",
    },
  },
  strands: {
    InMemoryStorage: {
      "keys of any length with any characters are separate, and listed in order":
        "Keys with a segment `..` are rejected, as the documentation says.",
      "a listing contains exactly the keys that begin with the prefix, however long it is":
        "Keys with a segment `..` are rejected, as the documentation says.",
      "a write of a value that another client has changed, deleted or created since is rejected":
        "The write replaces the change of the other client.",
      "of clients that continue the same value at once, one succeeds":
        "All five writes succeed, and the last one replaces the others.",
    },
    LocalFileStorage: {
      "keys of any length with any characters are separate, and listed in order":
        "Keys with a segment `..` are rejected, as the documentation says.",
      "a listing contains exactly the keys that begin with the prefix, however long it is":
        "A key cannot also be the beginning of another key, followed by a slash, because one is a file and the other one a folder.",
      "calls of one storage for one key take effect in their order":
        "A read that follows a write that is not awaited does not see it.",
      "a write of a value that another client has changed, deleted or created since is rejected":
        "The write replaces the change of the other client.",
      "of clients that continue the same value at once, one succeeds":
        "All five writes succeed, and the last one replaces the others.",
    },
  },
  "microsoft-agents": {
    MemoryStorage: {
      "rejects the eTag of an item that was deleted": "The item is written, although it no longer exists.",
      "writes the other items if one is rejected":
        "The write stops at the first conflict, so the items after it are not written.",
      "accepts names of object members as keys and as members":
        "Reading the key `__proto__` fails, because its value is not JSON.",
    },
    FileStorage: {
      "replaces an item with the current eTag, and rejects an older one":
        "The older eTag is accepted: the documentation says that eTags are ignored.",
      "lets one of many writers with the same eTag succeed":
        "All eight writers succeed: the documentation says that eTags are ignored.",
      "loses no update of writers that check eTags":
        "Five of six updates are lost: the documentation says that eTags are ignored.",
      "gives each write another eTag": "Items have no eTag, as the documentation says.",
      "rejects the eTag of an item that was deleted": "Its eTag is ignored, as the documentation says.",
      "rejects the eTag of an item that was deleted and created again":
        "Its eTag is ignored, as the documentation says.",
      "rejects eTags of other storages": "Any eTag is ignored, as the documentation says.",
      "writes the other items if one is rejected": "No item is rejected, because eTags are ignored.",
      "accepts names of object members as keys and as members":
        "The item with the key `__proto__` is not stored.",
      "stores any JSON, lone surrogates, activities and dates":
        "Until the process ends, the same objects are returned, with dates instead of their JSON.",
      "returns items that belong to the caller, and copies those that it is passed":
        "Later changes of a written or returned item change the stored one.",
      "deletes existing, missing and repeated keys, and none":
        "Deleting no keys is rejected, as the documentation says.",
    },
  },
  mastra: {
    InMemoryStore: {
      "messages of the same time keep their order, and descending is exactly the reverse":
        "Descending messages of the same millisecond are in ascending order.",
      "messages of a thread that does not exist are rejected, and nothing of them is stored":
        "Messages of a missing thread are stored.",
      "a thread that is deleted while clients write to it is gone, or was created again as a whole":
        "Messages remain that were written after the delete.",
    },
    LibSQLStore: {
      "a thread without a title has none": "A thread without a title is rejected.",
      "a listing filters by lists and objects in metadata": "Filters with lists and objects are rejected.",
      "a thread that moves while clients write to it loses no message":
        "Calls are rejected because the database is locked.",
      "clients that move a thread to the same resource at once lose no message":
        "Calls are rejected because the database is locked.",
      "a thread moves to another resource with its messages":
        "The metadata is returned as bytes after the move.",
      "messages of a thread that does not exist are rejected, and nothing of them is stored":
        "Messages of a missing thread are stored.",
      "clients that change the metadata of a thread lose no change":
        "Of changes that clients make at the same time, those of one client remain.",
      "clients that count in the metadata of a thread count each change":
        "Of changes that clients make at the same time, those of one client remain.",
      "clients that change a resource lose no change":
        "Of changes that clients make at the same time, those of one client remain.",
      "clients that change a message lose no change, and no message that is saved meanwhile":
        "Of changes that clients make at the same time, those of one client remain.",
      "a thread that is deleted while clients write to it is gone, or was created again as a whole":
        "Messages remain that were written after the delete.",
    },
  },
  genkit: {
    InMemorySessionStore: {
      "returns a detached turn that completed, which Genkit saves as its own parent":
        "The session continues from the turn before the detached one.",
    },
    FileSessionStore: {
      "never replaces an abort that it could have seen, whichever is first":
        "The abort was replaced. Other runs pass, depending on which of two writes is first.",
      "loses no update of two writers": "Updates are lost, because the lock ends before the write.",
      "returns the branch that was created last": "The branch that was saved last is returned.",
      "keeps ids of snapshots and sessions apart, whatever their characters":
        "Ids with a slash are rejected.",
      "keeps long ids apart": "Ids that are longer than a file name are rejected.",
    },
  },
};

/** Returns what happened in a check that failed. */
export function explain(folder: string, store: string, check: string): string | undefined {
  const [, checks] =
    Object.entries(EXPLANATIONS[folder] ?? {}).find(([name]) => store.startsWith(name)) ?? [];
  return checks?.[check];
}
