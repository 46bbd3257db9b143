// A socket.io server: echoes "say" with its own name. node server.js PORT NAME
const http = require("http");
const [port, name] = process.argv.slice(2);
const server = http.createServer((request, answer) => answer.end("ok"));
const io = new (require("socket.io").Server)(server);
io.on("connection", (socket) => socket.on("say", (text, reply) => reply({ text, name })));
server.listen(Number(port), "127.0.0.1");
