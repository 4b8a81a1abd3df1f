// A million posts of a ready payload, counted: bytes on the heap, collections, calls of socket.write.
import { Socket } from "node:net";
import { PerformanceObserver } from "node:perf_hooks";
import { NatsConnection, NatsKey } from "alternats";

const MESSAGES = 1_000_000;
const WINDOW = 10_000;

let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ["gc"] });

let writes = 0;
const { write } = Socket.prototype;
Socket.prototype.write = function (...args) {
  writes++;
  return write.apply(this, args);
};

const nats = new NatsConnection({ servers: process.argv[2] });
await nats.connect();
const key = new NatsKey("counted");
const payload = new Uint8Array(16);

const turn = () => new Promise(setImmediate);

async function post() {
  for (let sent = 0; sent < MESSAGES; sent += WINDOW) {
    for (let i = 0; i < WINDOW; i++) nats.post(key, payload);
    await turn();
    // What waits for the server lies outside the heap; the limit is not to be reached.
    if (nats.getStats().pendingBytes > 1 << 24) await nats.flush();
  }
}

// Until the optimizing compiler has had its say about everything, what it allocates is counted with the rest.
for (let i = 0; i < 3; i++) await post();
await nats.flush();
collections = 0;
globalThis.gc();
// That one is told of later, and must not count.
while (collections === 0) await turn();
collections = 0;
writes = 0;
const before = process.memoryUsage().heapUsed;
await post();
const allocated = process.memoryUsage().heapUsed - before;
// Whoever is told late is told by now.
for (let i = 0; i < 10; i++) await turn();
console.log(JSON.stringify({ bytesPerMessage: allocated / MESSAGES, collections, writes }));
await nats.close();
