// The same guest book in Node: node-redis and pg.
const http = require("node:http");
const { createClient } = require("redis");
const { Pool } = require("pg");

const cache = createClient({ url: process.env.CACHE_URL, socket: { reconnectStrategy: () => 50 } });
cache.on("error", () => {}); // it connects again by itself
const db = new Pool({ connectionString: process.env.DATABASE_URL, max: 4, connectionTimeoutMillis: 2000 });
db.on("error", () => {});

// A failover takes a moment: whatever is sent here may be sent twice.
async function again(work) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 40) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

function answer(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json", "X-Instance": process.env.INSTANCE_ID || "" });
  response.end(JSON.stringify(body));
}

async function handle(request, response) {
  if (request.url === "/healthz") return answer(response, 200, { ok: true });
  if (request.method === "POST") {
    let entry = "";
    for await (const piece of request) entry += piece;
    await again(() => db.query("INSERT INTO guestbook (entry) VALUES ($1) ON CONFLICT (entry) DO NOTHING", [entry]));
    return answer(response, 201, { entry });
  }
  const visits = await again(() => cache.incr("visits"));
  const rows = await again(() => db.query("SELECT entry FROM guestbook ORDER BY entry"));
  answer(response, 200, { instance: process.env.INSTANCE_ID, visits, entries: rows.rows.map((row) => row.entry) });
}

async function main() {
  await again(() => (cache.isOpen ? undefined : cache.connect()));
  await again(() => db.query("CREATE TABLE IF NOT EXISTS guestbook (entry TEXT PRIMARY KEY)"));
  const server = http.createServer((request, response) =>
    handle(request, response).catch((error) => answer(response, 503, { error: String(error) })));
  server.listen(Number(process.env.PORT), process.env.HOST);
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
}

main();
