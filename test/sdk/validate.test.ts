import { json, oneOf } from "alternats/sdk";
import {
  type Check,
  equal,
  formats,
  InvalidMessageError,
  regExp,
  ucs2length,
  unique,
  validated,
} from "alternats/sdk/validate";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BytesWriter } from "./bytes-writer.js";

/** Valid and invalid texts, by the documents that define the formats. */
const texts: Readonly<
  Record<keyof typeof formats, readonly [good: readonly string[], bad: readonly string[]]>
> = {
  date: [
    ["1963-06-19", "2020-02-29", "2000-02-29"],
    [
      "2021-02-29",
      "1900-02-29",
      "2020-13-01",
      "2020-00-01",
      "2020-04-31",
      "98-01-01",
      "2020-1-01",
      "",
    ],
  ],
  "date-time": [
    ["1985-04-12T23:20:50.52Z", "1996-12-19t16:39:57-08:00", "1990-12-31T15:59:60-08:00"],
    [
      "1990-12-31T15:59:59",
      "1990-12-31T10:59:60Z",
      "1990-02-31T15:59:59Z",
      "today",
      "1990-12-31T24:00:00Z",
    ],
  ],
  duration: [
    ["P4DT12H30M5S", "P4Y", "PT0S", "P1M", "P2W", "PT36H"],
    ["PT1D", "P", "P1YT", "4D", "P2D1Y", "P1Y2W", "P1"],
  ],
  email: [
    ["joe.bloggs@example.com", "te~st@example.com"],
    ["2962", ".test@example.com", "te..st@example.com", "@example.com", "a@-b.com"],
  ],
  hostname: [
    ["www.example.com", "a-b.c", "xn--4gbwdl.xn--wgbh1c", "1host"],
    ["-a.com", "a-.com", "a..b", "not_valid.com", `${"a".repeat(64)}.com`, ""],
  ],
  ipv4: [
    ["192.168.0.1", "0.0.0.0", "255.255.255.255"],
    ["256.0.0.1", "127.0.0", "1.2.3.4.5", "01.2.3.4", "1.2.3.4."],
  ],
  ipv6: [
    [
      "::1",
      "::",
      "::abef",
      "1:2:3:4:5:6:7:8",
      "::ffff:192.168.0.1",
      "1::d6:192.168.0.1",
      "fe80::1",
    ],
    [
      "12345::",
      "1:1:1:1:1:1:1:1:1",
      "1::2::3",
      ":2:3:4:5:6:7:8",
      "::ffff:256.0.0.1",
      "1:2",
      ":::",
      "fe80::a%eth1",
    ],
  ],
  "json-pointer": [
    ["", "/", "/foo/0", "/a~1b", "/m~0n"],
    ["foo", "#/a", "/foo/~", "/~2"],
  ],
  regex: [["([abc])+\\s+$"], ["^(abc]"]],
  time: [
    ["08:30:06Z", "08:30:06.283185z", "23:59:60Z", "08:30:06+00:20", "01:29:60+01:30"],
    ["24:00:00Z", "00:60:00Z", "00:00:61Z", "22:59:60Z", "08:30:06", "08:30:06+24:00", "8:30:06Z"],
  ],
  uri: [
    ["http://foo.bar/?baz=qux#quux", "urn:oasis:names", "mailto:a@b.c", "tel:+1-816-555-1212"],
    ["//foo.bar/", "/abc", "abc", "http:// a", "http://a/<b>", "http://a/%zz"],
  ],
  "uri-reference": [
    ["http://foo.bar/", "//foo.bar", "/abc", "abc", "#f", ""],
    ["\\\\WINDOWS", "a b", "%"],
  ],
  uuid: [
    ["2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380"],
    [
      "2eb8aa08-aa98-11ea-b4aa73b441d16380",
      "2eb8aa08aa9811eab4aa73b441d16380",
      "2eb8aa08-aa98-11ea-b4ga-73b441d16380",
    ],
  ],
};

describe("formats", () => {
  it.each(Object.entries(texts))("accept and reject a %s", (name, [good, bad]) => {
    const is = formats[name as keyof typeof formats];
    expect(good.filter((text) => !is(text))).toEqual([]);
    expect(bad.filter((text) => is(text))).toEqual([]);
  });
});

describe("functions for ajv's code", () => {
  it("finds equal items, with properties in any order, and no others", () => {
    expect(unique([1, "1", true, "true", null, "null", [], {}, "", "#0", [1], ["1"]])).toBe(true);
    expect(unique([{ a: 1, b: [2] }, 0, { b: [2], a: 1 }])).toBe(false);
    expect(unique([[["x,y"]], [["x", "y"]], [[["x", "y"]]]])).toBe(true);
    const few = fc.jsonValue({ maxDepth: 2 });
    fc.assert(
      fc.property(fc.array(few), (items) => {
        const isUnique = !items.some((a, i) => items.slice(i + 1).some((b) => equal(a, b)));
        expect(unique(items)).toBe(isUnique);
        if (items.length > 0) expect(unique([...items, structuredClone(items[0])])).toBe(false);
      }),
    );
  });

  it("counts characters, not UTF-16 code units", () => {
    expect(["", "abc", "💩", "a💩b", "\ud83d", "\udca9\ud83d"].map(ucs2length)).toEqual([
      0, 3, 1, 3, 1, 2,
    ]);
  });

  it("compares JSON values by their contents", () => {
    expect(equal({ a: [1, { b: null }], c: "" }, { c: "", a: [1, { b: null }] })).toBe(true);
    const other: readonly (readonly [unknown, unknown])[] = [
      [{ a: 1 }, { a: 1, b: 1 }],
      [{ a: undefined }, { b: undefined }],
      [
        [1, 2],
        [2, 1],
      ],
      [[], {}],
      [null, {}],
      [0, false],
      [{ toString: 1 }, {}],
    ];
    for (const [a, b] of other) expect(equal(a, b), JSON.stringify([a, b])).toBe(false);
  });

  it("compiles patterns that are invalid with the flag u", () => {
    expect(regExp("^\\p{L}$", "u").test("é")).toBe(true);
    expect(regExp("^[\\w-.]+$", "u").test("a-b.c")).toBe(true);
  });
});

/** Stands for ajv's code: says no, and why, to what is no positive number. */
const isPositive: Check = (value) => {
  isPositive.errors =
    typeof value === "number" && value > 0
      ? null
      : [{ instancePath: "/at", keyword: "exclusiveMinimum", message: "must be > 0" }];
  return isPositive.errors === null;
};

describe("a validated message", () => {
  const write = (message: ReturnType<typeof json<number>>, value: number): string => {
    const writer = new BytesWriter();
    message.serialize(value, writer);
    return new TextDecoder().decode(writer.buffer.subarray(0, writer.length));
  };
  const read = <T>(
    message: { deserialize(b: Uint8Array, s: number, e: number): T },
    text: string,
  ): T => {
    const bytes = new TextEncoder().encode(text);
    return message.deserialize(bytes, 0, bytes.length);
  };

  it("is validated one way or both", () => {
    const send = validated(json<number>(), isPositive, "send");
    const receive = validated(json<number>(), isPositive, "receive");
    const both = validated(json<number>(), isPositive, "both");
    for (const message of [send, receive, both]) {
      expect(write(message, 1)).toBe("1");
      expect(read(message, "1")).toBe(1);
    }
    expect(() => write(send, -1)).toThrow(InvalidMessageError);
    expect(read(send, "-1")).toBe(-1);
    expect(write(receive, -1)).toBe("-1");
    expect(() => read(receive, "-1")).toThrow(InvalidMessageError);
    expect(() => write(both, -1)).toThrow(InvalidMessageError);
    expect(() => read(both, "-1")).toThrow(InvalidMessageError);
  });

  it("reports the path and the rule of a violation", () => {
    const message = validated(json<number>(), isPositive, "receive");
    const refused = (): number => read(message, "0");
    expect(refused).toThrow("/at must be > 0 (exclusiveMinimum).");
    expect(refused).toThrow(
      expect.objectContaining({ code: "INVALID_MESSAGE", path: "/at", rule: "exclusiveMinimum" }),
    );
  });

  it("is validated after it is identified among the messages of its channel", () => {
    const message = oneOf(
      { count: validated(json<number>(), isPositive, "receive"), name: json<string>() },
      { which: (value) => (typeof value === "number" ? "count" : "name") },
    );
    expect(read(message, '"a"')).toEqual({ name: "name", message: "a" });
    expect(read(message, "2")).toEqual({ name: "count", message: 2 });
    expect(() => read(message, "-2")).toThrow(InvalidMessageError);
  });
});

it("the message of a forbidden property says that it must not be there", () => {
  // What ajv's code leaves for the schema `false`.
  const issue = {
    instancePath: "/secret",
    keyword: "false schema",
    message: "boolean schema is false",
  };
  const check: Check = Object.assign(() => false, { errors: [issue] });
  expect(() =>
    validated(json(), check, "send").serialize({ secret: 1 }, new BytesWriter()),
  ).toThrow(
    expect.objectContaining({
      path: "/secret",
      rule: "false",
      message: expect.stringContaining("/secret must not be there"),
    }),
  );
});
