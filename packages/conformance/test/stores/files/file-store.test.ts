import { afterAll, describe, it } from "vitest";
import { register } from "../../../src/index.ts";
import { casesOfBase } from "../../mutants/selection.ts";
import { fileHarness } from "./file-harness.ts";

// The store on which the file store mutants are based passes every case as long as only one process writes at a time.
const { childProcess: _peer, disk: _disk, ...harness } = fileHarness("store in files", "none");

register(harness, { describe, it, after: afterAll }, casesOfBase("file system"));
