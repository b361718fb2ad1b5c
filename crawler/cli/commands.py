"""The commands, in the order in which the help shows them: name → where it stands, and the help's one line.

A command's module is imported only when that command is asked for, so it may import at its top whatever it needs.
"""

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("crawler.cli.init:init", "Write a commented configuration file to start from."),
    "info": ("crawler.cli.info:info", "Show what a partner declares it can do."),
    "plan": ("crawler.cli.plan:plan", "Show what the next cycle would send, without sending it."),
    "sync": ("crawler.cli.sync:sync", "Run a synchronization cycle: import what is new, export what is queued."),
    "run": ("crawler.cli.run:run", "Crawl all configured sources at the platform's rhythm, until told to stop."),
    "status": ("crawler.cli.status:status", "Show how the sources fare."),
    "log": ("crawler.cli.log:log", "Show past cycles and their exchanges, byte for byte."),
    "threads": ("crawler.cli.contents:threads", "List the imported threads."),
    "messages": ("crawler.cli.contents:messages", "List the imported messages."),
    "show": ("crawler.cli.show:show", "Show one content."),
    "create": ("crawler.cli.create:create", "Queue a new thread, message or private message."),
    "reply": ("crawler.cli.create:reply", "Queue a reply to a content."),
    "delete": ("crawler.cli.operations:delete", "Queue the deletion of a content."),
    "publish": ("crawler.cli.operations:publish", "Queue the publication of a content."),
    "unpublish": ("crawler.cli.operations:unpublish", "Queue taking a content back from the public."),
    "act": ("crawler.cli.operations:act", "Queue a custom operation on a content."),
    "outbox": ("crawler.cli.outbox:outbox", "Show and change what is queued."),
    "queuing-update": ("crawler.cli.queuing_update:queuing_update", "Tell how long a visitor will wait for an agent."),
    "enable": ("crawler.cli.enable:enable", "Switch a source on again that the daemon switched off."),
    "prune": ("crawler.cli.prune:prune", "Delete old cycles and their exchanges."),
    "forget": ("crawler.cli.forget:forget", "Delete what is stored of a source that nobody crawls any more."),
    "check": ("crawler.cli.check:check", "Judge whether RingCX Digital would get on with an endpoint."),
    "explain": ("crawler.cli.explain:explain", "Explain a rule of check, or list all of them."),
    "replay": ("crawler.cli.replay:replay", "Send a request of check again, and show what differs now."),
    "export": ("crawler.cli.moving:export_state", "Write the state of sources to a file: a backup, or to move them."),
    "import": ("crawler.cli.moving:import_state", "Store what `export` wrote, here or in another database."),
    "send": ("crawler.cli.send:send", "Send one signed request by hand and show its answer."),
    "demo": ("crawler.cli.demo:demo", "Tell the main job as a story, with a partner of its own."),
    "partner": ("crawler.cli.partner:partner", "Serve the reference partner, an endpoint that keeps every rule."),
}
