import { argv, stdout } from "node:process";
import { connect as connectAlternats } from "../contenders/alternats.js";
import { connect as connectNatsJs } from "../contenders/nats-js.js";
import { countPosts } from "./count-posts.js";

/** Counts one client's posts in a process of its own and prints the counts as JSON. */
const [, , name, url] = argv as [string, string, string, string];
const connect = name === "alternats" ? connectAlternats : connectNatsJs;
const client = await connect(url, "bench.0", "bytes");
stdout.write(JSON.stringify(await countPosts(client, Buffer.alloc(16, "x"))), () => process.exit());
