import { spawn } from "node:child_process";
import { once } from "node:events";

/** Publishes over a bare socket, so that nothing of it happens in the test's own event loop. */
const PROGRAM = `
  const [port, subject, count, size] = process.argv.slice(1);
  const socket = require("node:net").connect(Number(port), "127.0.0.1");
  const payload = (i) => String(i).padStart(Number(size));
  socket.setEncoding("latin1");
  socket.write('CONNECT {"verbose":false,"protocol":1}\\r\\n');
  let text = "";
  let i = 0;
  const write = () => {
    while (i < Number(count)) {
      text += "PUB " + subject + " " + size + "\\r\\n" + payload(i++) + "\\r\\n";
      if (text.length < 65_536 && i < Number(count)) continue;
      const more = socket.write(text, "latin1");
      text = "";
      if (!more) return socket.once("drain", write);
    }
    socket.write("PING\\r\\n");
  };
  let received = "";
  socket.on("data", (data) => {
    received += data;
    if (received.includes("PONG")) socket.end();
  });
  write();
`;

/**
 * Publishes many messages as fast as the server takes them, from a process of its own. Each payload is the
 * message's number, from 0 on, filled up with spaces in front.
 *
 * @param port The server's port.
 * @param size Bytes of a payload; 16 without it.
 * @returns Settles when the server has them all.
 */
export async function flood(
  port: number,
  subject: string,
  count: number,
  size = 16,
): Promise<void> {
  const args = ["-e", PROGRAM, String(port), subject, String(count), String(size)];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the publisher ended with ${code}`);
}

/** Keeps the processor busy, as a handler that computes does. */
export function compute(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}
