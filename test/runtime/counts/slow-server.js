// Five million awaited publishes to a server that reads slowly: how much does the process grow?
import { createServer } from "node:net";
import { NatsConnection, NatsKey } from "alternats";

const MESSAGES = 5_000_000;
const server = createServer((socket) => {
  socket.write(
    'INFO {"server_id":"slow","version":"2.14.0","proto":1,"host":"127.0.0.1","port":0,"headers":true,"max_payload":1048576}\r\n',
  );
  socket.once("data", () => socket.write("PONG\r\n"));
  socket.on("data", () => {
    socket.pause();
    setTimeout(() => socket.resume(), 1);
  });
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const nats = new NatsConnection({ servers: `nats://127.0.0.1:${server.address().port}` });
await nats.connect();
const key = new NatsKey("slow");
const payload = new Uint8Array(16);
const warm = async (messages) => {
  for (let i = 0; i < messages; i++) await nats.publish(key, payload);
};
await warm(200_000);
globalThis.gc();
const before = process.memoryUsage.rss();
let most = before;
for (let i = 0; i < MESSAGES / 100_000; i++) {
  await warm(100_000);
  most = Math.max(most, process.memoryUsage.rss());
}
console.log(JSON.stringify({ grownMiB: (most - before) / 2 ** 20 }));
process.exit();
