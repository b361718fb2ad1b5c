// A partner on Express. Its habits: `params` is taken to be there in every call but the first; an ETag and a header more
// than anybody asked for; what goes wrong is a web page; ids are as MongoDB's; everything is listed at once.
"use strict";

const express = require("express");
const { Forum, Refusal, accepted, sign } = require("./forum.js");

const forum = new Forum((id) => String(id).padStart(24, "0"), ["messages"]);
const app = express();

// The bytes are at hand here only: afterwards there is nothing but the object that they meant.
const verify = (request, _response, bytes) => {
  if (!accepted(bytes, request.get("X-SMCCSDK-Signature"))) throw new Refusal(401, "Unauthorized");
};

const actions = {
  "implementation.info": () => ({
    objects: { messages: ["create", "delete", "list", "show"], threads: ["list", "show"] },
    options: ["messages.text", "messages.no_title", "threads.text"],
  }),
  "messages.list": (params) => forum.list("messages", params.since_id),
  "messages.show": (params) => forum.show("messages", params.id),
  "messages.create": (params) => forum.create("messages", params),
  "messages.delete": (params) => forum.delete("messages", params.id),
  "threads.list": (params) => forum.list("threads", params.since_id),
  "threads.show": (params) => forum.show("threads", params.id),
};

app.post("/ringcx", express.json({ verify, limit: "1mb" }), (request, response) => {
  const { action, params } = request.body ?? {};
  if (!Object.hasOwn(actions, String(action))) return response.status(422).send("Invalid action");
  const body = JSON.stringify(actions[action](params));
  response.type("json").set("X-SMCCSDK-Signature", sign(body)).send(body);
});

app.listen(Number(process.env.PARTNER_PORT), "127.0.0.1");
