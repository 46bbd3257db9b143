// A socket.io client: connects as told, says 50 things, prints what came back as one line of JSON.
// node client.js URL TRANSPORTS
const { io } = require("socket.io-client");
const [url, transports] = process.argv.slice(2);
const socket = io(url, {
  transports: transports.split(","),
  withCredentials: true, // keeps cookies, so that every request of a session finds its server
  reconnection: false,
  timeout: 15000,
});
const end = (result) => {
  console.log(JSON.stringify(result));
  process.exit(0);
};
socket.on("connect_error", (error) => end({ error: String(error) }));
socket.on("disconnect", (reason) => end({ error: "disconnected: " + reason }));
socket.on("connect", async () => {
  const names = new Set();
  for (let i = 0; i < 50; i++) {
    const answer = await socket.timeout(15000).emitWithAck("say", i);
    if (answer.text !== i) end({ error: "wrong echo" });
    names.add(answer.name);
  }
  const transport = socket.io.engine.transport.name;
  socket.off("disconnect");
  end({ names: [...names], transport });
});
