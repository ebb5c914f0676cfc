#!/usr/bin/env node
import { main } from "../dist/cli/main.js";

const exitCode = await main(process.argv.slice(2));
// A store, or a harness, that leaves a connection open would keep the process.
process.exit(exitCode);
