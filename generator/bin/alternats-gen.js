#!/usr/bin/env node
import { run } from "../dist/cli/main.js";

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  colored: process.stderr.isTTY === true && !process.env.NO_COLOR,
  isTerminal: process.stderr.isTTY === true,
  columns: process.stderr.columns || 80,
  canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
});
