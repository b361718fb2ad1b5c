// What the partners in JavaScript share: a forum in memory, and the signature.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

class Refusal extends Error {
  constructor(status, why) {
    super(why);
    this.status = status;
  }
}

function sign(bytes) {
  return crypto.createHmac("sha512", process.env.PARTNER_SECRET).update(bytes).digest("hex");
}

/** Whether a request is the platform's own; it is written down then. */
function accepted(bytes, signature) {
  const [given, right] = [Buffer.from(signature ?? ""), Buffer.from(sign(bytes))];
  if (given.length !== right.length || !crypto.timingSafeEqual(given, right)) return false;
  fs.appendFileSync(process.env.PARTNER_LEDGER, `${bytes}\n`);
  return true;
}

/** `id` makes an id out of a number or text: some databases number, others name. `deletable` are names of objects. */
class Forum {
  constructor(id, deletable) {
    const seed = JSON.parse(fs.readFileSync(path.join(__dirname, "..", "seed.json")));
    this.id = id;
    this.deletable = deletable;
    this.users = seed.users;
    for (const name of ["threads", "messages"]) this[name] = seed[name].map((it) => this.complete(name, it));
    this.created = new Map();
    this.last = 100;
  }

  complete(name, content) {
    const ids = {};
    for (const key of ["id", "thread_id", "in_reply_to_id"]) {
      if (content[key] !== undefined) ids[key] = this.id(content[key]);
    }
    const actions = this.deletable.includes(name) ? ["delete"] : [];
    return { ...content, ...ids, author: this.user(content.author), updated_at: content.created_at, actions };
  }

  user(id) {
    const now = new Date().toISOString();
    return (this.users[id] ??= { id, screenname: id, created_at: now, updated_at: now });
  }

  /** The oldest ones after a content, newest first; from the beginning where that is not known. */
  list(name, since_id, limit) {
    const place = this[name].findIndex((it) => it.id === this.id(since_id));
    return this[name].slice(place + 1).slice(0, limit).reverse();
  }

  show(name, id) {
    const found = this[name].find((it) => it.id === this.id(id));
    if (!found) throw new Refusal(404, `there is no ${id} in ${name}`);
    return found;
  }

  create(name, { content_id, author_id, body, title, format, thread_id, in_reply_to_id, attachments, created_at }) {
    if (!this.created.has(content_id)) {
      if (!body && !attachments) throw new Refusal(422, "nothing was written");
      if (name === "messages") this.show("threads", thread_id);
      const given = { body, title, format, thread_id, in_reply_to_id, attachments, created_at };
      this[name].push(this.complete(name, { ...given, id: ++this.last, author: author_id }));
      this.created.set(content_id, this[name].at(-1));
    }
    return this.created.get(content_id);
  }

  delete(name, id) {
    const content = this.show(name, id);
    this[name] = this[name].filter((it) => it !== content);
    return content;
  }
}

module.exports = { Forum, Refusal, accepted, sign };
