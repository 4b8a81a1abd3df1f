#!/usr/bin/env node
import { isColored } from "../dist/cli/colors.js";
import { run } from "../dist/cli/main.js";

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  colored: isColored(process.env, process.stderr.isTTY === true),
  isTerminal: process.stderr.isTTY === true,
  columns: process.stderr.columns || 80,
  canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
});
