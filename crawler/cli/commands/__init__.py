"""The commands, in the order in which the help shows them: name → where it stands here, and the help's one line.

A new command is its module and its line here. A module is imported only when its command is asked for, so it may import
at its top whatever it needs. Commands that differ in a word share a module; what others need as well stands in
`crawler.cli`.
"""

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init:init", "Write a commented configuration file to start from."),
    "info": ("info:info", "Show what a partner declares it can do."),
    "plan": ("plan:plan", "Show what the next cycle would send, without sending it."),
    "sync": ("sync:sync", "Run a synchronization cycle: import what is new, export what is queued."),
    "run": ("run:run", "Crawl all configured sources at the platform's rhythm, until told to stop."),
    "status": ("status:status", "Show the status of the sources."),
    "log": ("log:log", "Show past cycles and their exchanges, byte for byte."),
    "threads": ("contents:threads", "List the imported threads."),
    "messages": ("contents:messages", "List the imported messages."),
    "show": ("show:show", "Show one content."),
    "create": ("create:create", "Queue a new thread, message or private message."),
    "reply": ("create:reply", "Queue a reply to a content."),
    "delete": ("operations:delete", "Queue the deletion of a content."),
    "publish": ("operations:publish", "Queue the publication of a content."),
    "unpublish": ("operations:unpublish", "Queue taking a content back from the public."),
    "act": ("operations:act", "Queue a custom operation on a content."),
    "outbox": ("outbox:outbox", "Show and change what is queued."),
    "queuing-update": ("queuing_update:queuing_update", "Tell how long a visitor will wait for an agent."),
    "enable": ("enable:enable", "Switch a source on again that the daemon switched off."),
    "prune": ("prune:prune", "Delete old cycles and their exchanges."),
    "forget": ("forget:forget", "Delete what is stored of a source that nobody crawls any more."),
    "check": ("check:check", "Judge whether RingCX Digital would work with an endpoint."),
    "explain": ("explain:explain", "Explain a rule of check, or list all of them."),
    "replay": ("replay:replay", "Send a request of check again, and show what differs now."),
    "export": ("moving:export_state", "Write the state of sources to a file: a backup, or to move them."),
    "import": ("moving:import_state", "Store what `export` wrote, here or in another database."),
    "send": ("send:send", "Send one signed request by hand and show its answer."),
    "demo": ("demo:demo", "Tell the main job as a story, with a partner of its own."),
    "partner": ("partner:partner", "Serve the reference partner, an endpoint that keeps every rule."),
}
