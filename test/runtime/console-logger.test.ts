import { consoleLogger } from "alternats";
import { describe, expect, it } from "vitest";

describe("the console logger", () => {
  it("knows its levels", () => {
    expect(() => consoleLogger("warning" as "warn")).toThrow('not "warning"');
  });

  it("writes lines from its level on", () => {
    const lines: string[] = [];
    const { warn, info } = console;
    console.warn = (line: string) => lines.push(line);
    console.info = (line: string) => lines.push(line);
    try {
      const logger = consoleLogger("warn");
      logger.info({}, "no");
      logger.warn({}, "yes");
    } finally {
      Object.assign(console, { warn, info });
    }
    expect(lines).toEqual(["alternats warn: yes"]);
  });
});
