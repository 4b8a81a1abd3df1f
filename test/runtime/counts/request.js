// What a request allocates besides its caller's own await, with 256 in flight.
import { NatsConnection, rawSerializer } from "alternats";

const REQUESTS = 20_000;
const nats = new NatsConnection({ servers: process.argv[2] });
const responder = new NatsConnection({ servers: process.argv[2] });
const payload = new Uint8Array(16);
const options = { serializer: rawSerializer };
await nats.connect();

if (process.argv[3] === "respond") {
  await responder.respond("echo", (value) => value, { serializer: rawSerializer });
  console.log("ready");
} else {
  const run = async (ask) => {
    let begun = 0;
    const loop = async () => {
      while (begun++ < REQUESTS) await ask();
    };
    await Promise.all(Array.from({ length: 256 }, loop));
  };
  const measure = async (ask) => {
    await run(ask);
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    await run(ask);
    return (process.memoryUsage().heapUsed - before) / REQUESTS;
  };
  const ask = () => nats.request("echo", payload, options);
  const nothing = () => Promise.resolve();
  await measure(ask);
  const own = await measure(nothing);
  console.log(JSON.stringify({ bytesPerRequest: (await measure(ask)) - own }));
  await nats.close();
  await responder.close();
}
