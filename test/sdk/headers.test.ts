import { NatsHeaders } from "alternats";
import { headers, UnreadableHeaderError } from "alternats/sdk";
import { describe, expect, it } from "vitest";

interface ShotHeaders {
  readonly "Trace-Id": string;
  readonly attempt?: number;
  readonly urgent?: boolean;
  readonly meta?: { readonly a: readonly number[] };
}
const codec = headers<ShotHeaders>({
  "Trace-Id": "string",
  attempt: "number?",
  urgent: "boolean?",
  meta: "json?",
});

describe("typed headers", () => {
  it("are written as text", () => {
    const written = codec.write({ "Trace-Id": "7f", attempt: 2, urgent: false, meta: { a: [1] } });
    expect([...new NatsHeaders(written)]).toEqual([
      ["Trace-Id", "7f"],
      ["attempt", "2"],
      ["urgent", "false"],
      ["meta", '{"a":[1]}'],
    ]);
  });

  it("are read with their types", () => {
    const received = new NatsHeaders({
      "Trace-Id": "7f",
      attempt: "-2.5",
      urgent: "true",
      meta: '{"a":[1]}',
      other: "x",
    });
    expect(codec.read(received)).toEqual({
      "Trace-Id": "7f",
      attempt: -2.5,
      urgent: true,
      meta: { a: [1] },
    });
  });

  it("are left out if there are none", () => {
    expect(codec.read(new NatsHeaders({ "Trace-Id": "7f" }))).toEqual({ "Trace-Id": "7f" });
    expect([...new NatsHeaders(codec.write({ "Trace-Id": "7f" }))]).toEqual([["Trace-Id", "7f"]]);
  });

  it("never take an inherited property for a header", () => {
    const odd = headers<{ readonly toString?: string }>({ toString: "string?" });
    expect([...new NatsHeaders(odd.write(Object.create(Object.prototype)))]).toEqual([]);
  });

  it("are rejected if a required one is missing, both ways", () => {
    for (const received of [undefined, new NatsHeaders({ "trace-id": "7f", attempt: "1" })]) {
      expect(() => codec.read(received)).toThrow(
        expect.objectContaining({
          code: "UNREADABLE_HEADER",
          header: "Trace-Id",
          message: 'The header "Trace-Id" is missing: the document requires text there.',
        }),
      );
    }
    expect(() => codec.write({ attempt: 1 } as ShotHeaders)).toThrow(
      expect.objectContaining({
        code: "INVALID_HEADER",
        message: 'The header "Trace-Id" is missing: it must be text.',
      }),
    );
  });

  it("are rejected if their text has another type", () => {
    for (const [name, text] of [
      ["attempt", "two"],
      ["attempt", ""],
      ["attempt", "Infinity"],
      ["urgent", "yes"],
      ["meta", "{"],
    ] as const) {
      expect(() => codec.read(new NatsHeaders({ "Trace-Id": "7f", [name]: text }))).toThrow(
        UnreadableHeaderError,
      );
    }
  });

  it("are rejected if their value has another type", () => {
    for (const value of [{ attempt: "2" }, { attempt: Number.NaN }, { urgent: 1 }]) {
      const wrong = { "Trace-Id": "7f", ...value };
      expect(() => codec.write(wrong as unknown as ShotHeaders)).toThrow(
        expect.objectContaining({ code: "INVALID_HEADER" }),
      );
    }
  });
});
