import type { NatsWriter } from "../../buffers/nats-writer.js";
import { jsonSerializer } from "../../serialization/json.js";
import type { NatsSerializer } from "../../serialization/serializer.js";
import { JsonReader } from "./json-reader.js";
import { JsonWriter } from "./json-writer.js";
import { MsgpackReader } from "./msgpack-reader.js";
import { MsgpackWriter } from "./msgpack-writer.js";
import type { PayloadWriter } from "./payload-writer.js";

/** Reader of a format. */
interface PayloadReader {
  begin(buffer: Uint8Array, start: number, end: number): void;
  /** @returns `true` if all bytes were read. */
  end(): boolean;
}

/** Number of successes that one failure outweighs, because the library reads the message again. */
const FAILURE = 2;
/** Weighed surplus of failures above which the senders are assumed to use another form. */
const PATIENCE = 16;
/** One in this number of messages of such senders is tried. */
const RETRY = 256;

/** Parts of a serializer. */
interface Parts<T, W, R> {
  /** The format's library. */
  readonly library: NatsSerializer;
  newWriter(): W;
  newReader(): R;
  write(value: T, to: W): void;
  read(from: R): T;
}

/**
 * Creates a serializer from compiled functions. Values and bytes that they do not support are left
 * to the library, so the results are always those of the library.
 */
function compiled<T, W extends PayloadWriter, R extends PayloadReader>({
  library,
  newWriter,
  newReader,
  write,
  read,
}: Parts<T, W, R>): NatsSerializer<T> {
  // A getter of the value may send a message itself, so the writer is taken while it is in use.
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
      // A getter threw, or the value is too deep for the stack: the library throws as well.
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
 * Creates a JSON serializer from functions that were compiled from a message's schema.
 *
 * @param write Writes a value.
 * @param read Reads a value, an object or an array.
 * @param library Serializer for unsupported values; needed if it converts dates.
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
 * Creates a MessagePack serializer from functions that were compiled from a message's schema.
 *
 * @param library Serializer for unsupported values: `msgpackSerializer` of `alternats/msgpack`.
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
