import { describe, it } from "vitest";
import { CLIENTS, outage } from "../support/reconnecting-clients.js";

describe(`${CLIENTS} connections with default options`, () => {
  it(
    "are back within a second of a server that was away for a minute, without a rush",
    () => outage(60),
    150_000,
  );
});
