import type { NatsWriter } from "../../buffers/nats-writer.js";
import { jsonSerializer } from "../../serialization/json.js";
import type { NatsSerializer } from "../../serialization/serializer.js";
import { JsonReader } from "./json-reader.js";
import { JsonWriter } from "./json-writer.js";
import { MsgpackReader } from "./msgpack-reader.js";
import { MsgpackWriter } from "./msgpack-writer.js";
import type { PayloadWriter } from "./payload-writer.js";

/** What reads the bytes of a format. */
interface PayloadReader {
  begin(buffer: Uint8Array, start: number, end: number): void;
  /** @returns Whether all was read. */
  end(): boolean;
}

/** How many successes a failure outweighs, since what was read up to it is read again. */
const FAILURE = 2;
/** So many more failures than successes, both weighed, and senders are taken to write in another way. */
const PATIENCE = 16;
/** Of how many messages of such senders one is tried. */
const RETRY = 256;

/** What a serializer is made of. */
interface Parts<T, W, R> {
  /** The format's own serializer. */
  readonly library: NatsSerializer;
  newWriter(): W;
  newReader(): R;
  write(value: T, to: W): void;
  read(from: R): T;
}

/**
 * Makes a serializer of compiled functions. What they were not made for is left to the library, both
 * ways, so that bytes and values are always as the library would have them.
 */
function compiled<T, W extends PayloadWriter, R extends PayloadReader>({
  library,
  newWriter,
  newReader,
  write,
  read,
}: Parts<T, W, R>): NatsSerializer<T> {
  // A getter of the value may send a message of its own, so that the writer is taken while in use.
  let freeWriter: W | undefined;
  const reader = newReader();
  let doubt = 0;
  let untried = 0;

  function tryWrite(value: T, writer: NatsWriter): boolean {
    const to = freeWriter ?? newWriter();
    freeWriter = undefined;
    let isWritten = false;
    try {
      to.begin(writer);
      write(value, to);
      isWritten = to.end();
    } catch {
      // What a getter throws, or a value too deep for the stack: the library meets it as well.
    }
    if (!isWritten) to.undo();
    freeWriter = to;
    return isWritten;
  }

  function tryRead(buffer: Uint8Array, start: number, end: number): T {
    try {
      reader.begin(buffer, start, end);
      const value = read(reader);
      if (reader.end()) {
        if (doubt > 0) doubt--;
        return value;
      }
    } catch {
      // Beyond the end of the memory, or too deep for the stack.
    }
    doubt = Math.min(doubt + FAILURE, PATIENCE + FAILURE);
    return library.deserialize(buffer, start, end) as T;
  }

  return {
    serialize(value, writer) {
      if (!tryWrite(value, writer)) library.serialize(value, writer);
    },
    deserialize(buffer, start, end) {
      if (start < end && (doubt < PATIENCE || untried++ % RETRY === 0)) {
        return tryRead(buffer, start, end);
      }
      return library.deserialize(buffer, start, end) as T;
    },
  };
}

/**
 * A serializer of JSON by functions that a message's schema was compiled into.
 *
 * @param write Writes a value.
 * @param read Reads a value, an object or an array.
 * @param library What they leave to it, where dates are to be made of what it reads.
 */
export function jsonCodec<T>(
  write: (value: T, to: JsonWriter) => void,
  read: (from: JsonReader) => T,
  library: NatsSerializer<T> | NatsSerializer = jsonSerializer,
): NatsSerializer<T> {
  return compiled<T, JsonWriter, JsonReader>({
    library: library as NatsSerializer,
    newWriter: () => new JsonWriter(),
    newReader: () => new JsonReader(),
    write,
    read,
  });
}

/**
 * A serializer of MessagePack by functions that a message's schema was compiled into.
 *
 * @param library What they leave to it: `msgpackSerializer` of `alternats/msgpack`.
 * @param write Writes a value.
 * @param read Reads a value, an object or an array.
 */
export function msgpackCodec<T>(
  library: NatsSerializer<T> | NatsSerializer,
  write: (value: T, to: MsgpackWriter) => void,
  read: (from: MsgpackReader) => T,
): NatsSerializer<T> {
  return compiled<T, MsgpackWriter, MsgpackReader>({
    library: library as NatsSerializer,
    newWriter: () => new MsgpackWriter(),
    newReader: () => new MsgpackReader(),
    write,
    read,
  });
}
