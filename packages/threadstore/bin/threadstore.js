#!/usr/bin/env node
// Imported dynamically, because core rejects versions of Node.js that it does not support.
const { runProcess } = await import("../dist/cli/process.js").catch((error) => {
  process.stderr.write(`threadstore: ${error.message}\n`);
  process.exit(2);
});
await runProcess();
