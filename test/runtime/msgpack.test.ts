import { exactMsgpackSerializer, msgpackSerializer } from "alternats/msgpack";
import { expect, it } from "vitest";
import { BytesWriter } from "../sdk/bytes-writer.js";

function read(...bytes: readonly number[]): unknown {
  // Within other bytes, as a payload lies in the read buffer.
  const buffer = Uint8Array.of(...name, ...bytes, ...name);
  return exactMsgpackSerializer.deserialize(buffer, name.length, name.length + bytes.length);
}

const name = [...new TextEncoder().encode("__proto__")];
const proto = [0xa9, ...name];

it("reads a property named __proto__ like any other, at any depth", () => {
  const own = (value: unknown): string => JSON.stringify(value);
  expect(own(read(0x81, ...proto, 0x01))).toBe('{"__proto__":1}');
  expect(own(read(0x81, 0xd9, 0x09, ...name, 0xc0))).toBe('{"__proto__":null}');
  // { a: [{ __proto__: { b: nil } }, 1.5], 7: "__proto__" }
  const nested = [0x91 + 1, 0x81, ...proto, 0x81, 0xa1, 0x62, 0xc0, 0xca, 0x3f, 0xc0, 0, 0];
  expect(own(read(0x82, 0xa1, 0x61, ...nested, 0x07, ...proto))).toBe(
    '{"7":"__proto__","a":[{"__proto__":{"b":null}},1.5]}',
  );
  const value = read(0x81, ...proto, 0x81, 0xa1, 0x78, 0x01) as object;
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect("x" in value).toBe(false);
  // A map whose key is a map.
  expect(() => read(0x81, 0x81, ...proto, 0x01, 0x01)).toThrow(TypeError);
});

it.each([
  '{"toJSON":"x"}',
  '{"a":[{"toJSON":null,"b":1},{"toJSON":0}]}',
  '{"constructor":"c","toJSON":{"toJSON":true}}',
  '{"a":{"constructor":[],"toJSON":1.5,"hasOwnProperty":1},"b":[null]}',
])("writes properties named toJSON as data: %s", (text) => {
  const writer = new BytesWriter();
  msgpackSerializer.serialize(JSON.parse(text), writer);
  const { written } = writer;
  expect(JSON.stringify(msgpackSerializer.deserialize(written, 0, written.length))).toBe(text);
});

it("lets a class decide how its objects are written", () => {
  class Three {
    toJSON(): string {
      return "three";
    }
  }
  class Failing {
    toJSON(): never {
      throw new TypeError("not today");
    }
  }
  const writer = new BytesWriter();
  const data = { constructor: 1, toJSON: 2 };
  msgpackSerializer.serialize({ ...data, a: new Three() }, writer);
  const { written } = writer;
  const read = msgpackSerializer.deserialize(written, 0, written.length);
  expect(read).toEqual({ ...data, a: "three" });
  expect(() => msgpackSerializer.serialize(new Failing(), writer)).toThrow("not today");
});
