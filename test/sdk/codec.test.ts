import { msgpackSerializer } from "alternats/msgpack";
import { msgpackCodec, readNumber, writeNumber } from "alternats/sdk/codec";
import { expect, it } from "vitest";

it("reads no item of an array from the next message", () => {
  let items = 0;
  const codec = msgpackCodec<number[]>(
    msgpackSerializer,
    (value, to) => to.array(value, writeNumber),
    (from) =>
      from.array((item) => {
        items++;
        return readNumber(item);
      }),
  );
  // An array of 65535 items, two of which are there; every byte behind them is a number as well.
  const buffer = new Uint8Array(100_000).fill(1);
  buffer.set([0xdc, 0xff, 0xff], 0);
  expect(() => codec.deserialize(buffer, 0, 5)).toThrow();
  expect(items).toBeLessThan(3);
});
