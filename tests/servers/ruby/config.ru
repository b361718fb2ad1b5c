# A partner on Puma. Its habits: a thread for each request; ids are numbers, dates have milliseconds, as Rails writes them;
# an answer comes in pieces, without a length; `reply` is an operation; messages have titles.
require "json"
require "openssl"
require "time"

SECRET = ENV.fetch("PARTNER_SECRET")
INFO = {
  objects: {messages: %w[list show create reply delete], threads: %w[list show]},
  options: %w[messages.html messages.text threads.html]
}

class Refusal < StandardError
  attr_reader :status

  def initialize(status, why)
    super(why)
    @status = status
  end
end

class Forum
  def initialize
    seed = JSON.parse(File.read(File.join(__dir__, "..", "seed.json")))
    @users = seed["users"]
    @contents = seed.slice("messages", "threads")
    @created = {}
    @last = 100
  end

  def list(name, params)
    after = @contents[name].select { |it| it["id"] > params["since_id"].to_s.to_i }
    after.first(3).reverse.map { |it| shown(name, it) }
  end

  def show(name, params)
    shown(name, find(name, params["id"]))
  end

  def create(name, params)
    shown(name, @created[params["content_id"]] ||= add(name, params))
  end

  def delete(name, params)
    content = find(name, params["id"])
    @contents[name].delete(content)
    shown(name, content)
  end

  private

  def add(name, params)
    raise Refusal.new(422, "the body is empty") unless params["body"] || params["attachments"]
    find("threads", params["thread_id"])
    content = params.slice("body", "title", "format", "attachments", "created_at").merge(
      "id" => @last += 1, "author" => params["author_id"], "thread_id" => params["thread_id"].to_i,
      "in_reply_to_id" => params["in_reply_to_id"]&.to_i
    )
    @contents[name].push(content).last
  end

  def find(name, id)
    @contents[name].find { |it| it["id"].to_s == id } or raise Refusal.new(404, "no such content in #{name}")
  end

  def shown(name, content)
    at = Time.parse(content["created_at"]).utc.iso8601(3)
    unknown = {id: content["author"], screenname: content["author"], created_at: at, updated_at: at}
    content.merge("author" => @users.fetch(content["author"], unknown), "created_at" => at, "updated_at" => at,
      "actions" => (name == "messages") ? %w[reply delete] : [])
  end
end

FORUM, LOCK = Forum.new, Mutex.new

def sign(body) = OpenSSL::HMAC.hexdigest("sha512", SECRET, body)

def answer(env)
  raise Refusal.new(405, "only POST is answered here") unless env["REQUEST_METHOD"] == "POST"
  body = env["rack.input"].read
  right = OpenSSL.secure_compare(sign(body), env["HTTP_X_SMCCSDK_SIGNATURE"].to_s)
  raise Refusal.new(403, "invalid signature") unless right
  LOCK.synchronize { File.write(ENV.fetch("PARTNER_LEDGER"), body + "\n", mode: "a") }
  call = JSON.parse(body)
  raise Refusal.new(400, "not a call") unless call.is_a?(Hash) && call["action"].is_a?(String)
  return INFO if call["action"] == "implementation.info"
  name, operation = call["action"].split(".", 2)
  declared = INFO[:objects].fetch(name.to_s.to_sym, []) - ["reply"]
  raise Refusal.new(400, "invalid action") unless declared.include?(operation)
  params = call["params"].is_a?(Hash) ? call["params"] : {}
  LOCK.synchronize { FORUM.public_send(operation, name, params) }
rescue JSON::ParserError
  raise Refusal.new(400, "not JSON")
end

run(lambda do |env|
  body = JSON.generate(answer(env))
  headers = {"Content-Type" => "application/json; charset=utf-8", "X-SMCCSDK-SIGNATURE" => sign(body)}
  [200, headers, body.each_char.each_slice(1000).map(&:join).each]
rescue Refusal => refusal
  [refusal.status, {"Content-Type" => "text/plain"}, [refusal.message]]
end)
