import { FOREIGN, NatsHeaders, type NatsHeadersInit, type NatsSerializer } from "alternats";
import { msgpackSerializer } from "alternats/msgpack";
import {
  AmbiguousMessageError,
  byHeader,
  byProperty,
  byPropertyType,
  byType,
  bytes,
  headers,
  json,
  none,
  oneOf,
  only,
  serialized,
  text,
  UnknownMessageError,
} from "alternats/sdk";
import { validated } from "alternats/sdk/validate";
import { describe, expect, it } from "vitest";
import { BytesWriter } from "./bytes-writer.ts";

interface Unit {
  readonly name: string;
  readonly kind?: string;
}
interface Job {
  readonly job_id: number;
}

function read<T>(message: NatsSerializer<T>, payload: string, init?: NatsHeadersInit): T {
  const framed = new TextEncoder().encode(`<${payload}>`);
  return message.deserialize(framed, 1, framed.length - 1, init && new NatsHeaders(init));
}

function write<T>(message: NatsSerializer<T>, value: T): string {
  const writer = new BytesWriter();
  message.serialize(value, writer);
  return writer.text();
}

function headersOf<T>(message: NatsSerializer<T>, value: T): [string, string][] {
  return [...new NatsHeaders(message.headers?.(value))];
}

describe("messages distinguished by a property", () => {
  const message = oneOf(
    { unit: json<Unit>(), job: json<Job>() },
    { which: byProperty("kind", { unit: ["unit", null], job: ["job"] }) },
  );

  it("are written as the plain payload, without a name", () => {
    const value = { name: "unit", message: { name: "a", kind: "unit" } } as const;
    expect(write(message, value)).toBe('{"name":"a","kind":"unit"}');
    expect(headersOf(message, value)).toEqual([]);
  });

  it("are read by it", () => {
    expect(read(message, '{"kind":"job","job_id":1}')).toEqual({
      name: "job",
      message: { kind: "job", job_id: 1 },
    });
    expect(read(message, '{"kind":null}').name).toBe("unit");
  });

  it("are sent with their name if the value does not distinguish them", () => {
    expect(headersOf(message, { name: "unit", message: { name: "a" } })).toEqual([
      ["Alternats-Message", "unit"],
    ]);
  });

  it("are not sent with a name that contradicts them", () => {
    const lie = { name: "unit", message: { name: "a", kind: "job" } } as const;
    expect(() => message.headers?.(lie)).toThrow(AmbiguousMessageError);
  });

  it("are rejected if nothing distinguishes them", () => {
    expect(() => read(message, '{"kind":"other"}')).toThrow(UnknownMessageError);
    expect(() => read(message, "7")).toThrow(UnknownMessageError);
    expect(() => read(message, "{")).toThrow(UnknownMessageError);
  });

  it("ignore inherited properties", () => {
    const odd = oneOf(
      { a: json<object>(), b: json<object>() },
      { which: byProperty("constructor", { a: [Object], b: ["b"] }) },
    );
    expect(() => read(odd, '{"x":1}')).toThrow(UnknownMessageError);
  });
});

describe("messages distinguished by types and headers", () => {
  it("are read by the payload's type", () => {
    const message = oneOf(
      { unit: json<Unit>(), count: json<number | null>(), share: json<number>() },
      { which: byType({ unit: ["object"], count: ["integer", "null"], share: ["number"] }) },
    );
    expect(read(message, '{"name":"a"}').name).toBe("unit");
    expect(read(message, "7").name).toBe("count");
    expect(read(message, "null").name).toBe("count");
    expect(read(message, "7.5").name).toBe("share");
    expect(() => read(message, "[]")).toThrow(UnknownMessageError);
  });

  it("are read by a property's type, where an integer is a number", () => {
    const message = oneOf(
      { gauge: json<{ v: number }>(), label: json<{ v: string }>(), list: json<{ v: [] }>() },
      { which: byPropertyType("v", { gauge: ["number"], label: ["string"], list: ["array"] }) },
    );
    expect(read(message, '{"v":7}').name).toBe("gauge");
    expect(read(message, '{"v":"7"}').name).toBe("label");
    expect(read(message, '{"v":[]}').name).toBe("list");
  });

  it("are read by a header", () => {
    const message = oneOf(
      { unit: json<Unit>(), job: json<Job>() },
      { which: byHeader("Kind", { unit: ["u"], job: ["j"] }) },
    );
    expect(read(message, "{}", { Kind: "j" }).name).toBe("job");
    expect(() => read(message, "{}", { kind: "j" })).toThrow(UnknownMessageError);
  });

  it("are rejected with an unknown value, and the error lists the known ones", () => {
    const messages = { unit: json<Unit>(), job: json<Job>() };
    const known = ["unit", "job"];
    const byKind = oneOf(messages, { which: byProperty("kind", { unit: ["u"], job: ["j", 7] }) });
    expect(() => read(byKind, '{"kind":"boom"}')).toThrow(
      expect.objectContaining({
        code: "UNKNOWN_MESSAGE",
        message:
          'The message is not one of unit, job: its property "kind" is "boom", but the known values are "u", "j", 7. Compare the documents that both sides were generated from.',
        known,
        by: { what: 'property "kind"', value: "boom", values: ["u", "j", 7] },
      }),
    );
    for (const payload of ["{}", "[]", "null", '"u"', '{"__proto__":{"kind":"u"}}']) {
      expect(() => read(byKind, payload)).toThrow(
        /: it has no property "kind", but the known values are "u"/,
      );
    }
    expect(read(byKind, '{"kind":"boom"}', { "Alternats-Message": "job" }).name).toBe("job");
    const type = { which: byPropertyType("v", { unit: ["number"], job: ["string"] }) };
    expect(() => read(oneOf(messages, type), '{"v":null}')).toThrow(
      /its type of the property "v" is "null", but the known values are "number", "integer", "string"\./,
    );
    const header = { which: byHeader("Kind", { unit: ["u"], job: ["j"] }) };
    expect(() => read(oneOf(messages, header), "{}", { Kind: "x" })).toThrow(
      /its header "Kind" is "x", but the known values are "u", "j"\./,
    );
    const many = Array.from({ length: 50 }, (_, i) => `v${i}`);
    const lists = { which: byProperty("kind", { unit: many, job: ["j"] }) };
    expect(() => read(oneOf(messages, lists), '{"kind":"y"}')).toThrow(/"v9", …\./);
    // What the property says nothing of can be any message that has none.
    const some = oneOf(
      { ...messages, rest: json() },
      { which: byProperty("kind", { unit: ["u"], job: ["j"] }) },
    );
    expect(read(some, '{"x":1}').name).toBe("rest");
  });
});

describe("messages that look alike", () => {
  const message = oneOf({ unit: json<Unit>(), job: json<Job>() });

  it("are sent with their name", () => {
    expect(headersOf(message, { name: "job", message: { job_id: 1 } })).toEqual([
      ["Alternats-Message", "job"],
    ]);
  });

  it("are read by it", () => {
    expect(read(message, '{"job_id":1}', { "Alternats-Message": "job" })).toEqual({
      name: "job",
      message: { job_id: 1 },
    });
  });

  it("are rejected with an unknown name", () => {
    for (const name of ["other", "__proto__", "constructor"]) {
      expect(() => read(message, "{}", { "Alternats-Message": name })).toThrow(
        expect.objectContaining({
          code: "UNKNOWN_MESSAGE",
          message: `A message named "${name}" is not one of unit, job. Compare the documents that both sides were generated from.`,
        }),
      );
    }
  });

  it("cannot be sent with an unknown name", () => {
    const wrong = { name: "other", message: {} } as never;
    expect(() => message.headers?.(wrong)).toThrow(UnknownMessageError);
    expect(() => write(message, wrong)).toThrow(UnknownMessageError);
  });

  it("are never guessed without it", () => {
    expect(() => read(message, '{"job_id":1}')).toThrow(
      expect.objectContaining({ code: "AMBIGUOUS_MESSAGE", names: ["unit", "job"] }),
    );
  });
});

describe("the only message that fits", () => {
  const message = oneOf(
    { unit: json<Unit>(), job: json<Job>() },
    {
      shapes: {
        unit: { required: ["name"], optional: ["kind", "id"] },
        job: { required: ["id"], optional: ["name"] },
      },
    },
  );

  it("is the one with all required properties", () => {
    expect(read(message, '{"name":"a","kind":"x"}').name).toBe("unit");
    expect(read(message, '{"id":1}').name).toBe("job");
    // JSON Schema allows properties that nobody declares.
    expect(read(message, '{"id":1,"else":1}').name).toBe("job");
  });

  it("is the one that declares more of the properties", () => {
    expect(read(message, '{"id":1,"name":"a","kind":"x"}').name).toBe("unit");
    expect(read(message, '{"id":1,"name":"a","kind":"x","else":1}').name).toBe("unit");
  });

  it("does not exist if two fit", () => {
    expect(() => read(message, '{"id":1,"name":"a"}')).toThrow(AmbiguousMessageError);
  });

  it("does not exist if none fits", () => {
    for (const payload of ['{"else":1}', "{}", "[]", "null", '"name"', "nonsense"]) {
      expect(() => read(message, payload)).toThrow(UnknownMessageError);
    }
  });

  it("is found by its type, and by required properties of an open object", () => {
    const parts = oneOf(
      { either: json<object>(), node: json<{ left: number }>(), pair: json<[string, number]>() },
      {
        shapes: {
          either: { required: ["kind"], open: true },
          node: { required: ["left"], closed: true },
          pair: { types: ["array", "number"] },
        },
      },
    );
    for (const payload of ["[]", "1", "1.5"]) expect(read(parts, payload).name).toBe("pair");
    expect(read(parts, '{"kind":"cat","lives":9}').name).toBe("either");
    expect(read(parts, '{"left":1}').name).toBe("node");
    for (const payload of ['"text"', "null", "{}", '{"left":1,"right":2}']) {
      expect(() => read(parts, payload)).toThrow(UnknownMessageError);
    }
  });

  it("is found by types, values, items and alternatives within it", () => {
    const deep = oneOf(
      { a: json(), b: json(), c: json(), d: json(), e: json() },
      {
        shapes: {
          a: { required: ["at"], properties: { at: { properties: { x: "integer" } } } },
          b: { required: ["at"], properties: { at: { values: ["here", null] } } },
          c: { required: ["at"], properties: { at: { types: ["array"], items: "string" } } },
          d: { required: ["at"], properties: { at: { types: ["array"], items: "number" } } },
          e: { any: [[{ required: ["left"] }, { types: ["boolean"] }]] },
        },
      },
    );
    const names = {
      a: ['{"at":{}}', '{"at":{"x":1}}'],
      b: ['{"at":"here"}', '{"at":null}'],
      c: ['{"at":["a"]}'],
      d: ['{"at":[1,2.5]}'],
      e: ["true", '{"left":0}'],
    };
    for (const [name, payloads] of Object.entries(names)) {
      for (const payload of payloads) expect(read(deep, payload).name).toBe(name);
    }
    for (const payload of ['{"at":{"x":1.5}}', '{"at":"there"}', '{"at":[1,"a"]}', "7"]) {
      expect(() => read(deep, payload)).toThrow(UnknownMessageError);
    }
  });

  it("is overruled by the name in the header", () => {
    expect(read(message, '{"id":1,"name":"a"}', { "Alternats-Message": "job" }).name).toBe("job");
  });
});

describe("messages that share a value", () => {
  const message = oneOf(
    { ack: json<object>(), serverAck: json<object>(), join: json<object>() },
    {
      which: byProperty("type", { ack: ["ack"], serverAck: ["ack"], join: ["join"] }),
      shapes: { ack: { required: ["id"] }, serverAck: { required: ["seq"] } },
    },
  );

  it("are distinguished by their shapes, and the others by their values", () => {
    expect(read(message, '{"type":"join"}').name).toBe("join");
    expect(read(message, '{"type":"ack","seq":1}').name).toBe("serverAck");
    expect(() => read(message, '{"type":"ack"}')).toThrow(UnknownMessageError);
    expect(() => read(message, '{"type":"ack","seq":1,"id":1}')).toThrow(AmbiguousMessageError);
  });

  it("are sent with their names, and the others without", () => {
    const ack = { name: "ack", message: { type: "ack" } } as const;
    expect(headersOf(message, ack)).toEqual([["Alternats-Message", "ack"]]);
    expect(headersOf(message, { name: "join", message: { type: "join" } })).toEqual([]);
    const lie = { name: "ack", message: { type: "join" } } as const;
    expect(() => message.headers?.(lie)).toThrow(AmbiguousMessageError);
  });

  it("are not ambiguous for a subscriber that handles one of them", () => {
    expect(read(only(message, "ack"), '{"type":"ack","seq":1,"id":1}')).toEqual({
      type: "ack",
      seq: 1,
      id: 1,
    });
    expect(read(only(message, "ack"), '{"type":"ack","seq":1}')).toBe(FOREIGN);
    expect(read(only(message, ["ack", "join"]), '{"type":"ack","id":1}')).toMatchObject({
      name: "ack",
    });
  });
});

describe("messages without a name", () => {
  const message = oneOf(
    { created: json<Job>(), updated: json<Job>(), gone: json<string>() },
    {
      shapes: {
        created: { required: ["job_id"] },
        updated: { required: ["job_id"] },
        gone: { types: ["string"] },
      },
      unnamed: ["created", "updated"],
    },
  );

  it("are delivered if they are allowed to have none", () => {
    expect(read(message, '{"job_id":1}')).toEqual({ name: undefined, message: { job_id: 1 } });
    expect(read(message, '"7"')).toEqual({ name: "gone", message: "7" });
    expect(read(message, '{"job_id":1}', { "Alternats-Message": "created" }).name).toBe("created");
  });

  it("are sent as they came", () => {
    const unnamed = { name: undefined, message: { job_id: 1 } } as const;
    expect(write(message, unnamed)).toBe('{"job_id":1}');
    expect(headersOf(message, unnamed)).toEqual([]);
    const wrong = { name: undefined, message: "7" } as never;
    expect(() => write(message, wrong)).toThrow(UnknownMessageError);
  });

  it("are delivered by the only validator that accepts them", () => {
    const even = ({ job_id }: Job): boolean => job_id % 2 === 0;
    const check = (fits: (job: Job) => boolean) =>
      Object.assign((value: unknown) => fits(value as Job), { errors: [] });
    const checked = oneOf(
      {
        even: validated(json<Job>(), check(even), "both"),
        any: validated(
          json<Job>(),
          check(({ job_id }) => job_id < 10),
          "both",
        ),
      },
      { unnamed: ["even", "any"] },
    );
    expect(read(checked, '{"job_id":7}').name).toBe("any");
    expect(read(checked, '{"job_id":12}').name).toBe("even");
    expect(read(checked, '{"job_id":8}').name).toBeUndefined();
    expect(() => read(checked, '{"job_id":13}')).toThrow(
      expect.objectContaining({ code: "INVALID_MESSAGE" }),
    );
  });
});

describe("names in the header", () => {
  const message = oneOf(
    { signedUp: json<object>(), left: json<object>() },
    { headers: { signedUp: ["user.signed-up", "UserSignedUp"] } },
  );

  it("are those of the document: the first is written, and all are read", () => {
    expect(headersOf(message, { name: "signedUp", message: {} })).toEqual([
      ["Alternats-Message", "user.signed-up"],
    ]);
    for (const name of ["user.signed-up", "UserSignedUp", "signedUp"]) {
      expect(read(message, "{}", { "Alternats-Message": name }).name).toBe("signedUp");
    }
    expect(read(message, "{}", { "Alternats-Message": "left" }).name).toBe("left");
    expect(() => read(message, "{}", { "Alternats-Message": "Left" })).toThrow(UnknownMessageError);
  });
});

describe("messages of different formats", () => {
  const message = oneOf(
    { unit: json<Unit>(), packed: serialized<Job>(msgpackSerializer), gone: none },
    { shapes: { unit: { required: ["name"] }, packed: { required: ["job_id"] } } },
  );

  it("are each tried in its own format", () => {
    expect(read(message, '{"name":"a"}')).toEqual({ name: "unit", message: { name: "a" } });
    // {"job_id": 5}: fixmap of one, fixstr of six, positive fixint; MessagePack specification
    const packed = Uint8Array.of(0x81, 0xa6, 0x6a, 0x6f, 0x62, 0x5f, 0x69, 0x64, 0x05);
    expect(message.deserialize(packed, 0, packed.length)).toEqual({
      name: "packed",
      message: { job_id: 5 },
    });
  });

  it("can be empty", () => {
    expect(read(message, "")).toEqual({ name: "gone", message: undefined });
    expect(write(message, { name: "gone", message: undefined })).toBe("");
  });

  it("are not JSON if they are empty", () => {
    const any = oneOf({ anything: json(), gone: none, words: text() });
    expect(read(oneOf({ anything: json(), gone: none }), "").name).toBe("gone");
    expect(() => read(any, "")).toThrow(
      expect.objectContaining({ code: "AMBIGUOUS_MESSAGE", names: ["gone", "words"] }),
    );
  });

  it("are read once if they share the format", () => {
    let times = 0;
    const counted: NatsSerializer = {
      serialize() {},
      deserialize() {
        times++;
        return { kind: "b" };
      },
    };
    const shared = oneOf(
      { a: serialized(counted), b: serialized(counted) },
      { which: byProperty("kind", { a: ["a"], b: ["b"] }) },
    );
    expect(read(shared, "x").name).toBe("b");
    expect(times).toBe(1);
  });

  it("are ambiguous if one of them can have any bytes", () => {
    const any = oneOf({ unit: json<Unit>(), raw: bytes(), words: text() });
    expect(() => read(any, "{}")).toThrow(AmbiguousMessageError);
  });
});

describe("typed headers of one of several messages", () => {
  interface JobHeaders {
    readonly attempt: number;
  }
  const message = oneOf(
    { unit: json<Unit>(), job: json<Job, JobHeaders>(headers({ attempt: "number" })) },
    { which: byType({ unit: ["object"], job: ["number"] }) },
  );

  it("are sent with the value", () => {
    const job = { name: "job", message: { job_id: 1 }, headers: { attempt: 2 } } as const;
    const told = oneOf({
      unit: json<Unit>(),
      job: json<Job, JobHeaders>(headers({ attempt: "number" })),
    });
    expect(headersOf(told, job)).toEqual([
      ["attempt", "2"],
      ["Alternats-Message", "job"],
    ]);
    expect(read(told, '{"job_id":1}', headersOf(told, job))).toEqual(job);
    expect(read(message, "1", { attempt: "3" })).toEqual({
      name: "job",
      message: 1,
      headers: { attempt: 3 },
    });
  });
});

describe("some of the messages of a subject", () => {
  const all = oneOf(
    {
      unit: json<Unit>(),
      job: json<Job>(),
      raw: json<{ readonly at: string }, { readonly attempt: number }>(
        headers({ attempt: "number" }),
      ),
    },
    { which: byProperty("kind", { unit: ["unit"], job: ["job"], raw: [] }) },
  );

  it("are written unchanged, with a name in a header only if nothing else distinguishes them", () => {
    const job = only(all, "job");
    expect(write(job, { job_id: 1 })).toBe('{"job_id":1}');
    expect(headersOf(job, { job_id: 1 })).toEqual([["Alternats-Message", "job"]]);
    expect(headersOf(job, { job_id: 1, kind: "job" } as Job)).toEqual([]);
  });

  it("are delivered, and the others are skipped", () => {
    const job = only(all, "job");
    expect(read(job, '{"kind":"job","job_id":1}')).toEqual({ kind: "job", job_id: 1 });
    expect(read(job, '{"kind":"unit"}')).toBe(FOREIGN);
    expect(read(job, '{"job_id":1}', { "Alternats-Message": "unit" })).toBe(FOREIGN);
    const some = only(all, ["job", "unit"]);
    expect(read(some, '{"kind":"unit","name":"a"}')).toMatchObject({ name: "unit" });
    expect(read(some, '{"at":""}', { "Alternats-Message": "raw" })).toBe(FOREIGN);
  });

  it("come first: a message that fits one of them is delivered, one of another kind is skipped", () => {
    const shaped = oneOf(
      { a: json<object>(), b: json<object>(), c: json<object>() },
      { shapes: { a: { required: ["x"] }, b: { required: ["x"] }, c: { required: ["z"] } } },
    );
    expect(read(only(shaped, "a"), '{"x":1}')).toEqual({ x: 1 });
    expect(() => read(only(shaped, ["a", "b"]), '{"x":1}')).toThrow(AmbiguousMessageError);
    expect(read(only(shaped, "c"), '{"x":1}')).toBe(FOREIGN);
    expect(() => read(only(shaped, "c"), '{"y":1}')).toThrow(UnknownMessageError);
  });

  it("keep their typed headers", () => {
    const raw = only(all, "raw");
    expect(raw.headerCodec?.read(new NatsHeaders({ attempt: "3" }))).toEqual({ attempt: 3 });
    expect(read(raw, '{"at":"now"}', { "Alternats-Message": "raw" })).toEqual({ at: "now" });
  });

  it("keep the headers that their serializer writes", () => {
    const versioned: NatsSerializer<Job> = {
      serialize() {},
      deserialize: () => ({ job_id: 0 }),
      headers: ({ job_id }) => ({ Version: String(job_id) }),
    };
    const both = oneOf({ get: serialized<Job>(versioned), unit: json<Unit>() });
    expect(headersOf(only(both, "get"), { job_id: 4 })).toEqual([
      ["Version", "4"],
      ["Alternats-Message", "get"],
    ]);
  });

  it("are rejected if none has the name", () => {
    const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => only(all, "none" as never)).toThrow(refused);
    expect(() => only(json<never>(), "unit" as never)).toThrow(refused);
  });
});
