// A partner on Node's own server. Its habits: answers in pieces, without a length; ids are numbers; lists in pages.
"use strict";

const http = require("node:http");
const { Forum, Refusal, accepted, sign } = require("./forum.js");

const PAGE = 2;
const OBJECTS = ["messages", "threads"];
const forum = new Forum(Number, OBJECTS);
const actions = new Map([
  ["implementation.info", () => ({
    objects: Object.fromEntries(OBJECTS.map((name) => [name, ["list", "show", "create", "delete"]])),
    options: ["messages.no_title", "messages.html", "threads.html"],
  })],
]);
for (const name of OBJECTS) {
  actions.set(`${name}.list`, (params) => forum.list(name, params.since_id, PAGE));
  actions.set(`${name}.show`, (params) => forum.show(name, params.id));
  actions.set(`${name}.create`, (params) => forum.create(name, params));
  actions.set(`${name}.delete`, (params) => forum.delete(name, params.id));
}

function answer(request, bytes) {
  if (request.method !== "POST") throw new Refusal(405, "only POST is answered here");
  if (!accepted(bytes, request.headers["x-smccsdk-signature"])) throw new Refusal(403, "not signed by the platform");
  const call = JSON.parse(bytes);
  const action = actions.get(call.action);
  if (!action) throw new Refusal(400, "there is no such action");
  return JSON.stringify(action(call.params ?? {}));
}

const server = http.createServer((request, response) => {
  const received = [];
  request.on("data", (piece) => received.push(piece));
  request.on("end", () => {
    try {
      const body = answer(request, Buffer.concat(received));
      response.writeHead(200, { "Content-Type": "application/json", "X-SMCCSDK-Signature": sign(body) });
      response.write(body.slice(0, 1));
      response.end(body.slice(1));
    } catch (error) {
      const status = error instanceof SyntaxError ? 400 : (error.status ?? 500);
      response.writeHead(status, { "Content-Type": "text/plain" }).end(error.message);
    }
  });
});
server.listen(Number(process.env.PARTNER_PORT), "127.0.0.1");
