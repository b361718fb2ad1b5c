"""The statements that every cycle runs, as text.

Written by ``scripts/statements`` from `crawler.store.composed`: change them there.
"""

from crawler.store.driver import Statement

now = Statement(
    'now',
    sqlite=
        "SELECT ((julianday('now') - 2440587.5) * 86400.0)"
        ,
    postgresql=
        'SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)'
        ,
    values=(),
    columns=("((julianday('now') - 2440587.5) * 86400.0)",),
)
'The clock.'

schema_version = Statement(
    'schema_version',
    sqlite=
        'SELECT version_num FROM alembic_version'
        ,
    postgresql=
        'SELECT version_num FROM alembic_version'
        ,
    values=(),
    columns=('version_num',),
)
"The schema's version, as migrations have left it."

find_source = Statement(
    'find_source',
    sqlite=
        'SELECT source.id, source.fingerprint FROM source WHERE source.name = ?'
        ,
    postgresql=
        'SELECT source.id, source.fingerprint FROM source WHERE source.name = %s::VARCHAR'
        ,
    values=('its_name',),
    columns=('id', 'fingerprint'),
)
'Id and fingerprint of a source, by `its_name`.'

insert_source = Statement(
    'insert_source',
    sqlite=
        'INSERT INTO source (name, base_uri, fingerprint, failures, managed, lease_seconds, fence) VALUES (?, ?, ?, '
        '0, 0, 30, 0) ON CONFLICT DO NOTHING RETURNING id'
        ,
    postgresql=
        'INSERT INTO source (name, base_uri, fingerprint, failures, managed, lease_seconds, fence) VALUES '
        '(%s::VARCHAR, %s::VARCHAR, %s::VARCHAR, 0, false, 30, 0) ON CONFLICT DO NOTHING RETURNING source.id'
        ,
    values=('name', 'base_uri', 'fingerprint'),
    columns=('id',),
)
'A new source, unless its name is there; returns the id.'

change_source = Statement(
    'change_source',
    sqlite=
        'UPDATE source SET base_uri=?, fingerprint=?, info=NULL, info_at=NULL, period=NULL WHERE source.id = ?'
        ,
    postgresql=
        'UPDATE source SET base_uri=%s::VARCHAR, fingerprint=%s::VARCHAR, info=NULL, info_at=NULL, period=NULL '
        'WHERE source.id = %s::INTEGER'
        ,
    values=('base_uri', 'fingerprint', 'its_id'),
    columns=(),
)
'Changed settings: what was declared under the old ones is forgotten, and the interval with it (CY5).'

save_info = Statement(
    'save_info',
    sqlite=
        'UPDATE source SET info=?, info_at=? WHERE source.id = ?'
        ,
    postgresql=
        'UPDATE source SET info=%s::VARCHAR, info_at=%s::VARCHAR WHERE source.id = %s::INTEGER'
        ,
    values=('info', 'info_at', 'its_id'),
    columns=(),
)
'The newest implementation info.'

stored_info = Statement(
    'stored_info',
    sqlite=
        'SELECT source.info FROM source WHERE source.name = ? AND source.fingerprint = ?'
        ,
    postgresql=
        'SELECT source.info FROM source WHERE source.name = %s::VARCHAR AND source.fingerprint = %s::VARCHAR'
        ,
    values=('its_name', 'its_fingerprint'),
    columns=('info',),
)
'The newest implementation info, by `its_name` and `its_fingerprint`.'

managed_sources = Statement(
    'managed_sources',
    sqlite=
        'SELECT source.name, source.fingerprint, source.managed, source.due_at FROM source'
        ,
    postgresql=
        'SELECT source.name, source.fingerprint, source.managed, source.due_at FROM source'
        ,
    values=(),
    columns=('name', 'fingerprint', 'managed', 'due_at'),
)
'Name, fingerprint, whether it is managed and when it is due, of all sources.'

enable_source = Statement(
    'enable_source',
    sqlite=
        "UPDATE source SET failures=0, disabled_at=NULL, due_at=((julianday('now') - 2440587.5) * 86400.0) WHERE "
        'source.name = ? AND source.disabled_at IS NOT NULL'
        ,
    postgresql=
        'UPDATE source SET failures=0, disabled_at=NULL, due_at=CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS '
        'DOUBLE PRECISION) WHERE source.name = %s::VARCHAR AND source.disabled_at IS NOT NULL'
        ,
    values=('its_name',),
    columns=(),
)
'Switch a source on again that was switched off (CY6); it is due at once.'

pending_of_source = Statement(
    'pending_of_source',
    sqlite=
        'SELECT count(*) AS count_1 FROM outbox JOIN source ON outbox.source_id = source.id WHERE source.name = ? '
        "AND outbox.status = 'export_pending'"
        ,
    postgresql=
        'SELECT count(*) AS count_1 FROM outbox JOIN source ON outbox.source_id = source.id WHERE source.name = '
        "%s::VARCHAR AND outbox.status = 'export_pending'"
        ,
    values=('its_name',),
    columns=('None',),
)
'How many entries are pending at a source, by `its_name`.'

forget_own_leases = Statement(
    'forget_own_leases',
    sqlite=
        'UPDATE source SET lease_owner=NULL, lease_until=NULL, fence=(source.fence + 1) WHERE source.lease_owner = '
        '?'
        ,
    postgresql=
        'UPDATE source SET lease_owner=NULL, lease_until=NULL, fence=(source.fence + 1) WHERE source.lease_owner = '
        '%s::VARCHAR'
        ,
    values=('its_owner',),
    columns=(),
)
"The leases that a restored database still shows as this process's: nothing runs under them."

manage_source = Statement(
    'manage_source',
    sqlite=
        'UPDATE source SET managed=?, due_at=? WHERE source.name = ?'
        ,
    postgresql=
        'UPDATE source SET managed=%s, due_at=%s WHERE source.name = %s::VARCHAR'
        ,
    values=('managed', 'due_at', 'its_name'),
    columns=(),
)
'Whether daemons crawl a source, and when it is due.'

claim_failing = Statement(
    'claim_failing',
    sqlite=
        'WITH due AS (SELECT source.id AS id FROM source WHERE source.managed = 1 AND source.disabled_at IS NULL '
        "AND source.due_at <= ((julianday('now') - 2440587.5) * 86400.0) + ? AND source.lease_owner IS NULL AND "
        'source.failures > 0 ORDER BY source.due_at LIMIT ? OFFSET 0) UPDATE source SET lease_owner=?, '
        "lease_until=(((julianday('now') - 2440587.5) * 86400.0) + 30), fence=(source.fence + 1) WHERE source.id IN "
        "(SELECT due.id FROM due) RETURNING id, name, fence, due_at, ((julianday('now') - 2440587.5) * 86400.0)"
        ,
    postgresql=
        'WITH due AS (SELECT source.id AS id FROM source WHERE source.managed AND source.disabled_at IS NULL AND '
        'source.due_at <= CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION) + %s AND '
        'source.lease_owner IS NULL AND source.failures > 0 ORDER BY source.due_at LIMIT %s::INTEGER OFFSET 0 FOR '
        'NO KEY UPDATE SKIP LOCKED) UPDATE source SET lease_owner=%s::VARCHAR, lease_until=(CAST(EXTRACT(EPOCH FROM '
        'clock_timestamp()) AS DOUBLE PRECISION) + 30), fence=(source.fence + 1) WHERE source.id IN (SELECT due.id '
        'FROM due) RETURNING source.id, source.name, source.fence, source.due_at, CAST(EXTRACT(EPOCH FROM '
        'clock_timestamp()) AS DOUBLE PRECISION)'
        ,
    values=('ahead', 'at_most', 'owner'),
    columns=('id', 'name', 'fence', 'due_at', "((julianday('now') - 2440587.5) * 86400.0)"),
)
'Take leases of sources whose last cycle failed (CY4).'

claim_faring_well = Statement(
    'claim_faring_well',
    sqlite=
        'WITH due AS (SELECT source.id AS id FROM source WHERE source.managed = 1 AND source.disabled_at IS NULL '
        "AND source.due_at <= ((julianday('now') - 2440587.5) * 86400.0) + ? AND source.lease_owner IS NULL AND "
        'source.failures = 0 ORDER BY source.due_at LIMIT ? OFFSET 0) UPDATE source SET lease_owner=?, '
        "lease_until=(((julianday('now') - 2440587.5) * 86400.0) + 30), fence=(source.fence + 1) WHERE source.id IN "
        "(SELECT due.id FROM due) RETURNING id, name, fence, due_at, ((julianday('now') - 2440587.5) * 86400.0)"
        ,
    postgresql=
        'WITH due AS (SELECT source.id AS id FROM source WHERE source.managed AND source.disabled_at IS NULL AND '
        'source.due_at <= CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION) + %s AND '
        'source.lease_owner IS NULL AND source.failures = 0 ORDER BY source.due_at LIMIT %s::INTEGER OFFSET 0 FOR '
        'NO KEY UPDATE SKIP LOCKED) UPDATE source SET lease_owner=%s::VARCHAR, lease_until=(CAST(EXTRACT(EPOCH FROM '
        'clock_timestamp()) AS DOUBLE PRECISION) + 30), fence=(source.fence + 1) WHERE source.id IN (SELECT due.id '
        'FROM due) RETURNING source.id, source.name, source.fence, source.due_at, CAST(EXTRACT(EPOCH FROM '
        'clock_timestamp()) AS DOUBLE PRECISION)'
        ,
    values=('ahead', 'at_most', 'owner'),
    columns=('id', 'name', 'fence', 'due_at', "((julianday('now') - 2440587.5) * 86400.0)"),
)
'Take leases of sources whose last cycle succeeded.'

look_at_lease = Statement(
    'look_at_lease',
    sqlite=
        "SELECT source.lease_owner, source.lease_until - ((julianday('now') - 2440587.5) * 86400.0) AS anon_1, "
        "source.due_at, ((julianday('now') - 2440587.5) * 86400.0) FROM source WHERE source.id = ?"
        ,
    postgresql=
        'SELECT source.lease_owner, source.lease_until - CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE '
        'PRECISION) AS anon_1, source.due_at, CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION) FROM '
        'source WHERE source.id = %s::INTEGER FOR UPDATE'
        ,
    values=('its_id',),
    columns=('lease_owner', 'None', 'due_at', "((julianday('now') - 2440587.5) * 86400.0)"),
)
"Who holds a source's lease, for how many seconds more, when it is due, and the clock; the row is locked."

take_lease = Statement(
    'take_lease',
    sqlite=
        "UPDATE source SET lease_owner=?, lease_until=(((julianday('now') - 2440587.5) * 86400.0) + 30), "
        'fence=(source.fence + 1) WHERE source.id = ? RETURNING fence'
        ,
    postgresql=
        'UPDATE source SET lease_owner=%s::VARCHAR, lease_until=(CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS '
        'DOUBLE PRECISION) + 30), fence=(source.fence + 1) WHERE source.id = %s::INTEGER RETURNING source.fence'
        ,
    values=('owner', 'its_id'),
    columns=('fence',),
)
"Take a source's lease, whoever had it; returns the fence."

hold_lease = Statement(
    'hold_lease',
    sqlite=
        'WITH held AS (SELECT source.fingerprint AS fingerprint, source.failures AS failures, source.period AS '
        'period FROM source WHERE source.id = ? AND source.fence = ?) SELECT held.fingerprint, held.failures, '
        "held.period, ((julianday('now') - 2440587.5) * 86400.0) FROM held"
        ,
    postgresql=
        'WITH held AS (SELECT source.fingerprint AS fingerprint, source.failures AS failures, source.period AS '
        'period FROM source WHERE source.id = %s::INTEGER AND source.fence = %s::INTEGER FOR NO KEY UPDATE) SELECT '
        'held.fingerprint, held.failures, held.period, CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE '
        'PRECISION) FROM held'
        ,
    values=('its_id', 'its_fence'),
    columns=('fingerprint', 'failures', 'period', "((julianday('now') - 2440587.5) * 86400.0)"),
)
'What the row of a source says, which is locked; nothing where the fence has risen.'

renew_leases = Statement(
    'renew_leases',
    sqlite=
        "UPDATE source SET lease_until=(((julianday('now') - 2440587.5) * 86400.0) + 30) WHERE source.lease_owner = "
        '? AND source.name IN (SELECT anon_1.value FROM json_each(?) AS anon_1) RETURNING name, fence'
        ,
    postgresql=
        'UPDATE source SET lease_until=(CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION) + 30) WHERE '
        'source.lease_owner = %s::VARCHAR AND source.name = any(%s::TEXT[]) RETURNING source.name, source.fence'
        ,
    values=('its_owner', 'names'),
    columns=('name', 'fence'),
)
'Renew the leases of `its_owner` among `names`; returns name and fence of each that it holds.'

held_leases = Statement(
    'held_leases',
    sqlite=
        'SELECT source.id, source.name, source.lease_owner, source.fence, source.lease_until, source.managed = 1 '
        "AND source.disabled_at IS NULL AND source.due_at <= ((julianday('now') - 2440587.5) * 86400.0) AS is_due "
        'FROM source WHERE source.lease_owner IS NOT NULL'
        ,
    postgresql=
        'SELECT source.id, source.name, source.lease_owner, source.fence, source.lease_until, source.managed AND '
        'source.disabled_at IS NULL AND source.due_at <= CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE '
        'PRECISION) AS is_due FROM source WHERE source.lease_owner IS NOT NULL'
        ,
    values=(),
    columns=('id', 'name', 'lease_owner', 'fence', 'lease_until', 'is_due'),
)
'All leases that are held, and whether their sources are due.'

free_lease = Statement(
    'free_lease',
    sqlite=
        'UPDATE source SET lease_owner=NULL, lease_until=NULL WHERE source.id = ? AND source.fence = ? AND '
        'source.lease_until = ?'
        ,
    postgresql=
        'UPDATE source SET lease_owner=NULL, lease_until=NULL WHERE source.id = %s::INTEGER AND source.fence = '
        '%s::INTEGER AND source.lease_until = %s'
        ,
    values=('its_id', 'its_fence', 'its_until'),
    columns=(),
)
'A lease is free that has run out, unless it was renewed meanwhile.'

release_lease = Statement(
    'release_lease',
    sqlite=
        'UPDATE source SET due_at=CASE WHEN (CAST(? AS FLOAT) IS NOT NULL AND source.due_at <= ?) THEN CAST(? AS '
        'FLOAT) ELSE source.due_at END, lease_owner=NULL, lease_until=NULL WHERE source.id = ? AND source.fence = ?'
        ,
    postgresql=
        'UPDATE source SET due_at=CASE WHEN (CAST(%s AS FLOAT) IS NOT NULL AND source.due_at <= %s) THEN CAST(%s AS '
        'FLOAT) ELSE source.due_at END, lease_owner=NULL, lease_until=NULL WHERE source.id = %s::INTEGER AND '
        'source.fence = %s::INTEGER'
        ,
    values=('due', 'by', 'due', 'its_id', 'its_fence'),
    columns=(),
)
'Give a lease back. Where `due` is not `None`, the source is due then, if it would still be due `by`.'

start_source = Statement(
    'start_source',
    sqlite=
        'UPDATE source SET last_started_at=? WHERE source.id = ?'
        ,
    postgresql=
        'UPDATE source SET last_started_at=%s::VARCHAR WHERE source.id = %s::INTEGER'
        ,
    values=('last_started_at', 'its_id'),
    columns=(),
)
'A cycle begins.'

start_and_plan_source = Statement(
    'start_and_plan_source',
    sqlite=
        'UPDATE source SET last_started_at=?, due_at=? WHERE source.id = ?'
        ,
    postgresql=
        'UPDATE source SET last_started_at=%s::VARCHAR, due_at=%s WHERE source.id = %s::INTEGER'
        ,
    values=('last_started_at', 'due_at', 'its_id'),
    columns=(),
)
'A cycle begins, and the next one is due.'

interrupt_cycles = Statement(
    'interrupt_cycles',
    sqlite=
        "UPDATE cycle SET outcome='interrupted' WHERE cycle.source_id = ? AND cycle.outcome = 'running'"
        ,
    postgresql=
        "UPDATE cycle SET outcome='interrupted' WHERE cycle.source_id = %s::INTEGER AND cycle.outcome = 'running'"
        ,
    values=('its_id',),
    columns=(),
)
'Cycles that still seem to run are not: the lease is ours.'

insert_cycle = Statement(
    'insert_cycle',
    sqlite=
        "INSERT INTO cycle (source_id, started_at, outcome, kind) VALUES (?, ?, 'running', ?) RETURNING id"
        ,
    postgresql=
        "INSERT INTO cycle (source_id, started_at, outcome, kind) VALUES (%s::INTEGER, %s::VARCHAR, 'running', "
        '%s::VARCHAR) RETURNING cycle.id'
        ,
    values=('source_id', 'started_at', 'kind'),
    columns=('id',),
)
'A new cycle; returns its id.'

cursors = Statement(
    'cursors',
    sqlite=
        'SELECT cursor.object, cursor.since_id, cursor.trail, cursor.checked_at, cursor.page_mark, cursor.page_seen '
        'FROM cursor WHERE cursor.source_id = ?'
        ,
    postgresql=
        'SELECT cursor.object, cursor.since_id, cursor.trail, cursor.checked_at, cursor.page_mark, cursor.page_seen '
        'FROM cursor WHERE cursor.source_id = %s::INTEGER'
        ,
    values=('its_id',),
    columns=('object', 'since_id', 'trail', 'checked_at', 'page_mark', 'page_seen'),
)
'The cursors of a source.'

work_waits = Statement(
    'work_waits',
    sqlite=
        'SELECT EXISTS (SELECT * FROM lookup WHERE lookup.source_id = ? AND lookup.asked_at IS NULL) AS anon_1, '
        "EXISTS (SELECT * FROM outbox WHERE outbox.source_id = ? AND outbox.status = 'export_pending') AS anon_2"
        ,
    postgresql=
        'SELECT EXISTS (SELECT * FROM lookup WHERE lookup.source_id = %s::INTEGER AND lookup.asked_at IS NULL) AS '
        'anon_1, EXISTS (SELECT * FROM outbox WHERE outbox.source_id = %s::INTEGER AND outbox.status = '
        "'export_pending') AS anon_2"
        ,
    values=('its_id', 'its_id'),
    columns=('None', 'None'),
)
'Whether threads wait to be looked up (LS9), and whether exports are pending.'

end_cycle = Statement(
    'end_cycle',
    sqlite=
        'UPDATE cycle SET ended_at=?, outcome=?, report=? WHERE cycle.id = ?'
        ,
    postgresql=
        'UPDATE cycle SET ended_at=%s::VARCHAR, outcome=%s::VARCHAR, report=%s::VARCHAR WHERE cycle.id = %s::BIGINT'
        ,
    values=('ended_at', 'outcome', 'report', 'its_id'),
    columns=(),
)
'What became of a cycle.'

end_lease = Statement(
    'end_lease',
    sqlite=
        'UPDATE source SET failures=?, lease_owner=NULL, lease_until=NULL WHERE source.id = ?'
        ,
    postgresql=
        'UPDATE source SET failures=%s::INTEGER, lease_owner=NULL, lease_until=NULL WHERE source.id = %s::INTEGER'
        ,
    values=('failures', 'its_id'),
    columns=(),
)
'The cycle ended under settings that have changed meanwhile (CY5).'

end_and_plan_source = Statement(
    'end_and_plan_source',
    sqlite=
        'UPDATE source SET info=coalesce(CAST(? AS TEXT), source.info), info_at=coalesce(CAST(? AS TEXT), '
        'source.info_at), failures=?, disabled_at=coalesce(CAST(? AS TEXT), source.disabled_at), period=?, '
        'due_at=?, lease_owner=NULL, lease_until=NULL WHERE source.id = ?'
        ,
    postgresql=
        'UPDATE source SET info=coalesce(CAST(%s AS TEXT), source.info), info_at=coalesce(CAST(%s AS TEXT), '
        'source.info_at), failures=%s::INTEGER, disabled_at=coalesce(CAST(%s AS TEXT), source.disabled_at), '
        'period=%s, due_at=%s, lease_owner=NULL, lease_until=NULL WHERE source.id = %s::INTEGER'
        ,
    values=('info', 'info_at', 'failures', 'disabled_at', 'period', 'due_at', 'its_id'),
    columns=(),
)
'The cycle ended: the next one is due. What is bound as `None` for `info` or `disabled_at` stays as it was.'

cycle_beyond = Statement(
    'cycle_beyond',
    sqlite=
        'SELECT cycle.id FROM cycle WHERE cycle.source_id = ? ORDER BY cycle.id DESC LIMIT 1 OFFSET ?'
        ,
    postgresql=
        'SELECT cycle.id FROM cycle WHERE cycle.source_id = %s::INTEGER ORDER BY cycle.id DESC LIMIT 1 OFFSET '
        '%s::INTEGER'
        ,
    values=('its_id', 'kept'),
    columns=('id',),
)
'The newest cycle of a source beyond those that are kept.'

forget_exchanges = Statement(
    'forget_exchanges',
    sqlite=
        'DELETE FROM exchange WHERE exchange.cycle_id IN (SELECT cycle.id FROM cycle WHERE cycle.source_id = ? AND '
        'cycle.id <= ?)'
        ,
    postgresql=
        'DELETE FROM exchange WHERE exchange.cycle_id IN (SELECT cycle.id FROM cycle WHERE cycle.source_id = '
        '%s::INTEGER AND cycle.id <= %s::BIGINT)'
        ,
    values=('its_id', 'last'),
    columns=(),
)
'The exchanges of the cycles that are forgotten.'

forget_cycles = Statement(
    'forget_cycles',
    sqlite=
        'DELETE FROM cycle WHERE cycle.source_id = ? AND cycle.id <= ?'
        ,
    postgresql=
        'DELETE FROM cycle WHERE cycle.source_id = %s::INTEGER AND cycle.id <= %s::BIGINT'
        ,
    values=('its_id', 'last'),
    columns=(),
)
"A source's cycles up to the one of the id `last`."

old_cycles = Statement(
    'old_cycles',
    sqlite=
        'SELECT cycle.id FROM cycle WHERE cycle.started_at < ? AND (cycle.id NOT IN (SELECT max(cycle.id) AS max_1 '
        'FROM cycle GROUP BY cycle.source_id)) ORDER BY cycle.id LIMIT ? OFFSET 0'
        ,
    postgresql=
        'SELECT cycle.id FROM cycle WHERE cycle.started_at < %s::VARCHAR AND (cycle.id NOT IN (SELECT max(cycle.id) '
        'AS max_1 FROM cycle GROUP BY cycle.source_id)) ORDER BY cycle.id LIMIT %s::INTEGER OFFSET 0'
        ,
    values=('before', 'at_most'),
    columns=('id',),
)
"The ids of the oldest cycles that began before a moment, but for each source's newest."

forget_exchanges_of = Statement(
    'forget_exchanges_of',
    sqlite=
        'DELETE FROM exchange WHERE exchange.cycle_id = ?'
        ,
    postgresql=
        'DELETE FROM exchange WHERE exchange.cycle_id = %s::BIGINT'
        ,
    values=('cycle_id',),
    columns=(),
)
'The exchanges of a cycle.'

forget_cycle = Statement(
    'forget_cycle',
    sqlite=
        'DELETE FROM cycle WHERE cycle.id = ?'
        ,
    postgresql=
        'DELETE FROM cycle WHERE cycle.id = %s::BIGINT'
        ,
    values=('cycle_id',),
    columns=(),
)
'A cycle.'

insert_exchange = Statement(
    'insert_exchange',
    sqlite=
        'INSERT INTO exchange (cycle_id, action, started_at, seconds, request, request_size, status, headers, '
        'response, response_size, verdict, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'
        ,
    postgresql=
        'INSERT INTO exchange (cycle_id, action, started_at, seconds, request, request_size, status, headers, '
        'response, response_size, verdict, error) VALUES (%s::BIGINT, %s::VARCHAR, %s::VARCHAR, %s, %s, '
        '%s::INTEGER, %s::INTEGER, %s::VARCHAR, %s, %s::INTEGER, %s::VARCHAR, %s::VARCHAR)'
        ,
    values=('cycle_id', 'action', 'started_at', 'seconds', 'request', 'request_size', 'status', 'headers',
        'response', 'response_size', 'verdict', 'error'),
    columns=(),
)
'An exchange.'

stored_contents = Statement(
    'stored_contents',
    sqlite=
        'SELECT content.deleted_at IS NULL AS stands, content.foreign_id, content.author_id, content.recipient_id, '
        'content.thread_id, content.in_reply_to_id, content.title, content.body, content.format, content.language, '
        'content.created_at, content.updated_at, content.actions, content.extra FROM content WHERE '
        'content.source_id = ? AND content.object = ? AND content.foreign_id IN (SELECT anon_1.value FROM '
        'json_each(?) AS anon_1)'
        ,
    postgresql=
        'SELECT content.deleted_at IS NULL AS stands, content.foreign_id, content.author_id, content.recipient_id, '
        'content.thread_id, content.in_reply_to_id, content.title, content.body, content.format, content.language, '
        'content.created_at, content.updated_at, content.actions, content.extra FROM content WHERE '
        'content.source_id = %s::INTEGER AND content.object = %s::VARCHAR AND content.foreign_id = any(%s::TEXT[])'
        ,
    values=('its_id', 'its_object', 'ids'),
    columns=('stands', 'foreign_id', 'author_id', 'recipient_id', 'thread_id', 'in_reply_to_id', 'title',
        'body', 'format', 'language', 'created_at', 'updated_at', 'actions', 'extra'),
)
'The contents of an object among `ids`: whether each stands (is not deleted), and the fields of `Content`.'

stored_identities = Statement(
    'stored_identities',
    sqlite=
        'SELECT identity.foreign_id, identity.screenname, identity.firstname, identity.lastname, '
        'identity.avatar_url, identity.email, identity.home_phone, identity.mobile_phone, identity.gender, '
        'identity.puppetizable, identity.created_at, identity.updated_at, identity.context_data FROM identity WHERE '
        'identity.source_id = ? AND identity.foreign_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)'
        ,
    postgresql=
        'SELECT identity.foreign_id, identity.screenname, identity.firstname, identity.lastname, '
        'identity.avatar_url, identity.email, identity.home_phone, identity.mobile_phone, identity.gender, '
        'identity.puppetizable, identity.created_at, identity.updated_at, identity.context_data FROM identity WHERE '
        'identity.source_id = %s::INTEGER AND identity.foreign_id = any(%s::TEXT[])'
        ,
    values=('its_id', 'ids'),
    columns=('foreign_id', 'screenname', 'firstname', 'lastname', 'avatar_url', 'email', 'home_phone',
        'mobile_phone', 'gender', 'puppetizable', 'created_at', 'updated_at', 'context_data'),
)
'The identities among `ids`: the fields of `User`.'

known_contents = Statement(
    'known_contents',
    sqlite=
        'SELECT content.foreign_id FROM content WHERE content.source_id = ? AND content.object = ? AND '
        'content.foreign_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)'
        ,
    postgresql=
        'SELECT content.foreign_id FROM content WHERE content.source_id = %s::INTEGER AND content.object = '
        '%s::VARCHAR AND content.foreign_id = any(%s::TEXT[])'
        ,
    values=('its_id', 'its_object', 'ids'),
    columns=('foreign_id',),
)
'The ids among `ids` that contents of an object have.'

known_threads = Statement(
    'known_threads',
    sqlite=
        "SELECT content.foreign_id FROM content WHERE content.source_id = ? AND content.object = 'threads' AND "
        'content.deleted_at IS NULL AND content.foreign_id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)'
        ,
    postgresql=
        'SELECT content.foreign_id FROM content WHERE content.source_id = %s::INTEGER AND content.object = '
        "'threads' AND content.deleted_at IS NULL AND content.foreign_id = any(%s::TEXT[])"
        ,
    values=('its_id', 'ids'),
    columns=('foreign_id',),
)
'The ids among `ids` that threads have; one that was deleted may have left its id to another (OB13).'

put_content = Statement(
    'put_content',
    sqlite=
        'INSERT INTO content (source_id, object, foreign_id, author_id, recipient_id, thread_id, in_reply_to_id, '
        'title, body, format, language, created_at, updated_at, actions, extra, imported_at, changed_at, '
        'deleted_at, incarnation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT '
        '(source_id, object, foreign_id) DO UPDATE SET content_id = CASE WHEN CASE WHEN (content.author_id = '
        'excluded.author_id AND content.created_at = excluded.created_at) THEN 0 WHEN (content.deleted_at IS NOT '
        'NULL) THEN content.author_id IS NOT excluded.author_id OR content.created_at IS NOT excluded.created_at '
        'ELSE content.author_id != excluded.author_id AND coalesce(content.created_at = excluded.created_at, 0) = 0 '
        'AND coalesce(content.body = excluded.body, 0) = 0 OR content.content_id IS NULL AND content.created_at != '
        'excluded.created_at AND (content.author_id != excluded.author_id OR content.body IS NOT excluded.body) END '
        'THEN NULL ELSE content.content_id END, author_id = excluded.author_id, recipient_id = '
        'excluded.recipient_id, thread_id = excluded.thread_id, in_reply_to_id = excluded.in_reply_to_id, title = '
        'excluded.title, body = excluded.body, format = excluded.format, language = excluded.language, created_at = '
        'excluded.created_at, updated_at = excluded.updated_at, actions = excluded.actions, extra = excluded.extra, '
        'imported_at = CASE WHEN CASE WHEN (content.author_id = excluded.author_id AND content.created_at = '
        'excluded.created_at) THEN 0 WHEN (content.deleted_at IS NOT NULL) THEN content.author_id IS NOT '
        'excluded.author_id OR content.created_at IS NOT excluded.created_at ELSE content.author_id != '
        'excluded.author_id AND coalesce(content.created_at = excluded.created_at, 0) = 0 AND coalesce(content.body '
        '= excluded.body, 0) = 0 OR content.content_id IS NULL AND content.created_at != excluded.created_at AND '
        '(content.author_id != excluded.author_id OR content.body IS NOT excluded.body) END THEN '
        'excluded.imported_at ELSE content.imported_at END, changed_at = excluded.changed_at, deleted_at = '
        'excluded.deleted_at, incarnation = CASE WHEN CASE WHEN (content.author_id = excluded.author_id AND '
        'content.created_at = excluded.created_at) THEN 0 WHEN (content.deleted_at IS NOT NULL) THEN '
        'content.author_id IS NOT excluded.author_id OR content.created_at IS NOT excluded.created_at ELSE '
        'content.author_id != excluded.author_id AND coalesce(content.created_at = excluded.created_at, 0) = 0 AND '
        'coalesce(content.body = excluded.body, 0) = 0 OR content.content_id IS NULL AND content.created_at != '
        'excluded.created_at AND (content.author_id != excluded.author_id OR content.body IS NOT excluded.body) END '
        'THEN content.incarnation + 1 ELSE content.incarnation END WHERE content.author_id IS NOT '
        'excluded.author_id OR content.recipient_id IS NOT excluded.recipient_id OR content.thread_id IS NOT '
        'excluded.thread_id OR content.in_reply_to_id IS NOT excluded.in_reply_to_id OR content.title IS NOT '
        'excluded.title OR content.body IS NOT excluded.body OR content.format IS NOT excluded.format OR '
        'content.language IS NOT excluded.language OR content.created_at IS NOT excluded.created_at OR '
        'content.updated_at IS NOT excluded.updated_at OR content.actions IS NOT excluded.actions OR content.extra '
        'IS NOT excluded.extra OR content.deleted_at IS NOT NULL'
        ,
    postgresql=
        'INSERT INTO content (source_id, object, foreign_id, author_id, recipient_id, thread_id, in_reply_to_id, '
        'title, body, format, language, created_at, updated_at, actions, extra, imported_at, changed_at, '
        'deleted_at, incarnation) VALUES (%s::INTEGER, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, '
        '%s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, '
        '%s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, 0) ON CONFLICT (source_id, object, '
        'foreign_id) DO UPDATE SET content_id = CASE WHEN CASE WHEN (content.author_id = excluded.author_id AND '
        'content.created_at = excluded.created_at) THEN false WHEN (content.deleted_at IS NOT NULL) THEN '
        'content.author_id IS DISTINCT FROM excluded.author_id OR content.created_at IS DISTINCT FROM '
        'excluded.created_at ELSE content.author_id != excluded.author_id AND NOT coalesce(content.created_at = '
        'excluded.created_at, false) AND NOT coalesce(content.body = excluded.body, false) OR content.content_id IS '
        'NULL AND content.created_at != excluded.created_at AND (content.author_id != excluded.author_id OR '
        'content.body IS DISTINCT FROM excluded.body) END THEN NULL ELSE content.content_id END, author_id = '
        'excluded.author_id, recipient_id = excluded.recipient_id, thread_id = excluded.thread_id, in_reply_to_id = '
        'excluded.in_reply_to_id, title = excluded.title, body = excluded.body, format = excluded.format, language '
        '= excluded.language, created_at = excluded.created_at, updated_at = excluded.updated_at, actions = '
        'excluded.actions, extra = excluded.extra, imported_at = CASE WHEN CASE WHEN (content.author_id = '
        'excluded.author_id AND content.created_at = excluded.created_at) THEN false WHEN (content.deleted_at IS '
        'NOT NULL) THEN content.author_id IS DISTINCT FROM excluded.author_id OR content.created_at IS DISTINCT '
        'FROM excluded.created_at ELSE content.author_id != excluded.author_id AND NOT coalesce(content.created_at '
        '= excluded.created_at, false) AND NOT coalesce(content.body = excluded.body, false) OR content.content_id '
        'IS NULL AND content.created_at != excluded.created_at AND (content.author_id != excluded.author_id OR '
        'content.body IS DISTINCT FROM excluded.body) END THEN excluded.imported_at ELSE content.imported_at END, '
        'changed_at = excluded.changed_at, deleted_at = excluded.deleted_at, incarnation = CASE WHEN CASE WHEN '
        '(content.author_id = excluded.author_id AND content.created_at = excluded.created_at) THEN false WHEN '
        '(content.deleted_at IS NOT NULL) THEN content.author_id IS DISTINCT FROM excluded.author_id OR '
        'content.created_at IS DISTINCT FROM excluded.created_at ELSE content.author_id != excluded.author_id AND '
        'NOT coalesce(content.created_at = excluded.created_at, false) AND NOT coalesce(content.body = '
        'excluded.body, false) OR content.content_id IS NULL AND content.created_at != excluded.created_at AND '
        '(content.author_id != excluded.author_id OR content.body IS DISTINCT FROM excluded.body) END THEN '
        'content.incarnation + 1 ELSE content.incarnation END WHERE content.author_id IS DISTINCT FROM '
        'excluded.author_id OR content.recipient_id IS DISTINCT FROM excluded.recipient_id OR content.thread_id IS '
        'DISTINCT FROM excluded.thread_id OR content.in_reply_to_id IS DISTINCT FROM excluded.in_reply_to_id OR '
        'content.title IS DISTINCT FROM excluded.title OR content.body IS DISTINCT FROM excluded.body OR '
        'content.format IS DISTINCT FROM excluded.format OR content.language IS DISTINCT FROM excluded.language OR '
        'content.created_at IS DISTINCT FROM excluded.created_at OR content.updated_at IS DISTINCT FROM '
        'excluded.updated_at OR content.actions IS DISTINCT FROM excluded.actions OR content.extra IS DISTINCT FROM '
        'excluded.extra OR content.deleted_at IS NOT NULL'
        ,
    values=('source_id', 'object', 'foreign_id', 'author_id', 'recipient_id', 'thread_id', 'in_reply_to_id',
        'title', 'body', 'format', 'language', 'created_at', 'updated_at', 'actions', 'extra', 'imported_at',
        'changed_at', 'deleted_at'),
    columns=(),
)
'A content, new or changed; one that is as it was is not touched, and of another one nothing is kept (OB13).'

put_identity = Statement(
    'put_identity',
    sqlite=
        'INSERT INTO identity (source_id, foreign_id, screenname, firstname, lastname, avatar_url, email, '
        'home_phone, mobile_phone, gender, puppetizable, created_at, updated_at, context_data) VALUES (?, ?, ?, ?, '
        '?, ?, ?, ?, ?, ?, coalesce(CAST(? AS BOOLEAN), 0), ?, ?, ?) ON CONFLICT (source_id, foreign_id) DO UPDATE '
        'SET screenname = excluded.screenname, firstname = excluded.firstname, lastname = excluded.lastname, '
        'avatar_url = excluded.avatar_url, email = excluded.email, home_phone = excluded.home_phone, mobile_phone = '
        'excluded.mobile_phone, gender = excluded.gender, puppetizable = coalesce(CAST(? AS BOOLEAN), '
        'identity.puppetizable), created_at = coalesce(identity.created_at, excluded.created_at), updated_at = '
        'excluded.updated_at, context_data = excluded.context_data'
        ,
    postgresql=
        'INSERT INTO identity (source_id, foreign_id, screenname, firstname, lastname, avatar_url, email, '
        'home_phone, mobile_phone, gender, puppetizable, created_at, updated_at, context_data) VALUES (%s::INTEGER, '
        '%s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, '
        '%s::VARCHAR, coalesce(CAST(%s AS BOOLEAN), false), %s::VARCHAR, %s::VARCHAR, %s::VARCHAR) ON CONFLICT '
        '(source_id, foreign_id) DO UPDATE SET screenname = excluded.screenname, firstname = excluded.firstname, '
        'lastname = excluded.lastname, avatar_url = excluded.avatar_url, email = excluded.email, home_phone = '
        'excluded.home_phone, mobile_phone = excluded.mobile_phone, gender = excluded.gender, puppetizable = '
        'coalesce(CAST(%s AS BOOLEAN), identity.puppetizable), created_at = coalesce(identity.created_at, '
        'excluded.created_at), updated_at = excluded.updated_at, context_data = excluded.context_data'
        ,
    values=('source_id', 'foreign_id', 'screenname', 'firstname', 'lastname', 'avatar_url', 'email',
        'home_phone', 'mobile_phone', 'gender', 'puppetizable', 'created_at', 'updated_at', 'context_data',
        'puppetizable'),
    columns=(),
)
'An identity, new or changed: the first `created_at` stays (OB11), and `puppetizable` unless it is told (OB4).'

put_cursor = Statement(
    'put_cursor',
    sqlite=
        'INSERT INTO cursor (source_id, object, since_id, trail, checked_at, page_mark, page_seen, moved_at) VALUES '
        '(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source_id, object) DO UPDATE SET since_id = excluded.since_id, trail '
        '= excluded.trail, checked_at = excluded.checked_at, page_mark = excluded.page_mark, page_seen = '
        'excluded.page_seen, moved_at = excluded.moved_at'
        ,
    postgresql=
        'INSERT INTO cursor (source_id, object, since_id, trail, checked_at, page_mark, page_seen, moved_at) VALUES '
        '(%s::INTEGER, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR) '
        'ON CONFLICT (source_id, object) DO UPDATE SET since_id = excluded.since_id, trail = excluded.trail, '
        'checked_at = excluded.checked_at, page_mark = excluded.page_mark, page_seen = excluded.page_seen, moved_at '
        '= excluded.moved_at'
        ,
    values=('source_id', 'object', 'since_id', 'trail', 'checked_at', 'page_mark', 'page_seen', 'moved_at'),
    columns=(),
)
'A cursor, new or moved.'

note_lookup = Statement(
    'note_lookup',
    sqlite=
        'INSERT INTO lookup (source_id, foreign_id) VALUES (?, ?) ON CONFLICT DO NOTHING'
        ,
    postgresql=
        'INSERT INTO lookup (source_id, foreign_id) VALUES (%s::INTEGER, %s::VARCHAR) ON CONFLICT DO NOTHING'
        ,
    values=('source_id', 'foreign_id'),
    columns=(),
)
'A thread that a message named and nobody knows (LS9).'

forget_lookups = Statement(
    'forget_lookups',
    sqlite=
        'DELETE FROM lookup WHERE lookup.source_id = ? AND lookup.foreign_id IN (SELECT anon_1.value FROM '
        'json_each(?) AS anon_1)'
        ,
    postgresql=
        'DELETE FROM lookup WHERE lookup.source_id = %s::INTEGER AND lookup.foreign_id = any(%s::TEXT[])'
        ,
    values=('its_id', 'ids'),
    columns=(),
)
'The threads among `ids` are known now.'

lookups = Statement(
    'lookups',
    sqlite=
        'SELECT lookup.foreign_id FROM lookup WHERE lookup.source_id = ? AND lookup.asked_at IS NULL ORDER BY '
        'lookup.foreign_id LIMIT ? OFFSET 0'
        ,
    postgresql=
        'SELECT lookup.foreign_id FROM lookup WHERE lookup.source_id = %s::INTEGER AND lookup.asked_at IS NULL '
        'ORDER BY lookup.foreign_id LIMIT %s::INTEGER OFFSET 0'
        ,
    values=('its_id', 'at_most'),
    columns=('foreign_id',),
)
'Threads that the partner was not asked for yet (LS9).'

asked_for_thread = Statement(
    'asked_for_thread',
    sqlite=
        'UPDATE lookup SET asked_at=? WHERE lookup.source_id = ? AND lookup.foreign_id = ?'
        ,
    postgresql=
        'UPDATE lookup SET asked_at=%s::VARCHAR WHERE lookup.source_id = %s::INTEGER AND lookup.foreign_id = '
        '%s::VARCHAR'
        ,
    values=('asked_at', 'its_id', 'its_foreign_id'),
    columns=(),
)
'The partner was asked for a thread.'

mark_deleted = Statement(
    'mark_deleted',
    sqlite=
        'UPDATE content SET deleted_at=? WHERE content.source_id = ? AND content.object = ? AND content.foreign_id '
        '= ? AND content.deleted_at IS NULL'
        ,
    postgresql=
        'UPDATE content SET deleted_at=%s::VARCHAR WHERE content.source_id = %s::INTEGER AND content.object = '
        '%s::VARCHAR AND content.foreign_id = %s::VARCHAR AND content.deleted_at IS NULL'
        ,
    values=('deleted_at', 'its_id', 'its_object', 'its_foreign_id'),
    columns=(),
)
'A content is gone; one that was gone already stays as it was (LS4).'

mark_all_deleted = Statement(
    'mark_all_deleted',
    sqlite=
        'UPDATE content SET deleted_at=? WHERE content.source_id = ? AND content.deleted_at IS NULL'
        ,
    postgresql=
        'UPDATE content SET deleted_at=%s::VARCHAR WHERE content.source_id = %s::INTEGER AND content.deleted_at IS '
        'NULL'
        ,
    values=('deleted_at', 'its_id'),
    columns=(),
)
"All contents of a source are gone: its partner's ids begin again (LS12)."

forget_all_lookups = Statement(
    'forget_all_lookups',
    sqlite=
        'DELETE FROM lookup WHERE lookup.source_id = ?'
        ,
    postgresql=
        'DELETE FROM lookup WHERE lookup.source_id = %s::INTEGER'
        ,
    values=('its_id',),
    columns=(),
)
'Threads that were asked for in vain may be there by now (LS12).'

forget_pages = Statement(
    'forget_pages',
    sqlite=
        'UPDATE cursor SET page_mark=NULL, page_seen=NULL WHERE cursor.source_id = ? AND cursor.page_mark IS NOT '
        'NULL'
        ,
    postgresql=
        'UPDATE cursor SET page_mark=NULL, page_seen=NULL WHERE cursor.source_id = %s::INTEGER AND cursor.page_mark '
        'IS NOT NULL'
        ,
    values=('its_id',),
    columns=(),
)
'A content was changed by something else than a list: a page that is shown again may change it back (LS5).'

pending_entries = Statement(
    'pending_entries',
    sqlite=
        'SELECT outbox.position, outbox.id, outbox.source_id, outbox.object, outbox.operation, outbox.status, '
        'outbox.attempts, outbox.granted, outbox.error, outbox.foreign_id, outbox.author_id, outbox.recipient_id, '
        'outbox.target_id, outbox.target_entry, outbox.target_incarnation, outbox.thread_id, outbox.thread_entry, '
        'outbox.thread_incarnation, outbox.in_reply_to_id, outbox.in_reply_to_entry, '
        'outbox.in_reply_to_incarnation, outbox.title, outbox.body, outbox.format, outbox.attachments, '
        'outbox.structured_content, outbox.queued_at, outbox.begun_at, outbox.settled_at FROM outbox JOIN source ON '
        "source.id = outbox.source_id WHERE source.name = ? AND outbox.status = 'export_pending' ORDER BY "
        'outbox.position'
        ,
    postgresql=
        'SELECT outbox.position, outbox.id, outbox.source_id, outbox.object, outbox.operation, outbox.status, '
        'outbox.attempts, outbox.granted, outbox.error, outbox.foreign_id, outbox.author_id, outbox.recipient_id, '
        'outbox.target_id, outbox.target_entry, outbox.target_incarnation, outbox.thread_id, outbox.thread_entry, '
        'outbox.thread_incarnation, outbox.in_reply_to_id, outbox.in_reply_to_entry, '
        'outbox.in_reply_to_incarnation, outbox.title, outbox.body, outbox.format, outbox.attachments, '
        'outbox.structured_content, outbox.queued_at, outbox.begun_at, outbox.settled_at FROM outbox JOIN source ON '
        "source.id = outbox.source_id WHERE source.name = %s::VARCHAR AND outbox.status = 'export_pending' ORDER BY "
        'outbox.position'
        ,
    values=('its_name',),
    columns=('position', 'id', 'source_id', 'object', 'operation', 'status', 'attempts', 'granted', 'error',
        'foreign_id', 'author_id', 'recipient_id', 'target_id', 'target_entry', 'target_incarnation',
        'thread_id', 'thread_entry', 'thread_incarnation', 'in_reply_to_id', 'in_reply_to_entry',
        'in_reply_to_incarnation', 'title', 'body', 'format', 'attachments', 'structured_content', 'queued_at',
        'begun_at', 'settled_at'),
)
"The pending entries of a source, by `its_name`, in queue order: their columns in the table's order."

entries = Statement(
    'entries',
    sqlite=
        'SELECT outbox.position, outbox.id, outbox.source_id, outbox.object, outbox.operation, outbox.status, '
        'outbox.attempts, outbox.granted, outbox.error, outbox.foreign_id, outbox.author_id, outbox.recipient_id, '
        'outbox.target_id, outbox.target_entry, outbox.target_incarnation, outbox.thread_id, outbox.thread_entry, '
        'outbox.thread_incarnation, outbox.in_reply_to_id, outbox.in_reply_to_entry, '
        'outbox.in_reply_to_incarnation, outbox.title, outbox.body, outbox.format, outbox.attachments, '
        'outbox.structured_content, outbox.queued_at, outbox.begun_at, outbox.settled_at FROM outbox WHERE '
        'outbox.source_id = ? AND outbox.id IN (SELECT anon_1.value FROM json_each(?) AS anon_1)'
        ,
    postgresql=
        'SELECT outbox.position, outbox.id, outbox.source_id, outbox.object, outbox.operation, outbox.status, '
        'outbox.attempts, outbox.granted, outbox.error, outbox.foreign_id, outbox.author_id, outbox.recipient_id, '
        'outbox.target_id, outbox.target_entry, outbox.target_incarnation, outbox.thread_id, outbox.thread_entry, '
        'outbox.thread_incarnation, outbox.in_reply_to_id, outbox.in_reply_to_entry, '
        'outbox.in_reply_to_incarnation, outbox.title, outbox.body, outbox.format, outbox.attachments, '
        'outbox.structured_content, outbox.queued_at, outbox.begun_at, outbox.settled_at FROM outbox WHERE '
        'outbox.source_id = %s::INTEGER AND outbox.id = any(%s::TEXT[])'
        ,
    values=('its_id', 'ids'),
    columns=('position', 'id', 'source_id', 'object', 'operation', 'status', 'attempts', 'granted', 'error',
        'foreign_id', 'author_id', 'recipient_id', 'target_id', 'target_entry', 'target_incarnation',
        'thread_id', 'thread_entry', 'thread_incarnation', 'in_reply_to_id', 'in_reply_to_entry',
        'in_reply_to_incarnation', 'title', 'body', 'format', 'attachments', 'structured_content', 'queued_at',
        'begun_at', 'settled_at'),
)
'The entries among `ids`, pending or not.'

contents = Statement(
    'contents',
    sqlite=
        'SELECT content.id, content.source_id, content.object, content.foreign_id, content.content_id, '
        'content.author_id, content.recipient_id, content.thread_id, content.in_reply_to_id, content.title, '
        'content.body, content.format, content.language, content.created_at, content.updated_at, content.actions, '
        'content.extra, content.imported_at, content.changed_at, content.deleted_at, content.incarnation FROM '
        'content WHERE content.source_id = ? AND content.foreign_id IN (SELECT anon_1.value FROM json_each(?) AS '
        'anon_1)'
        ,
    postgresql=
        'SELECT content.id, content.source_id, content.object, content.foreign_id, content.content_id, '
        'content.author_id, content.recipient_id, content.thread_id, content.in_reply_to_id, content.title, '
        'content.body, content.format, content.language, content.created_at, content.updated_at, content.actions, '
        'content.extra, content.imported_at, content.changed_at, content.deleted_at, content.incarnation FROM '
        'content WHERE content.source_id = %s::INTEGER AND content.foreign_id = any(%s::TEXT[])'
        ,
    values=('its_id', 'ids'),
    columns=('id', 'source_id', 'object', 'foreign_id', 'content_id', 'author_id', 'recipient_id', 'thread_id',
        'in_reply_to_id', 'title', 'body', 'format', 'language', 'created_at', 'updated_at', 'actions', 'extra',
        'imported_at', 'changed_at', 'deleted_at', 'incarnation'),
)
'The contents of any object among `ids`.'

content = Statement(
    'content',
    sqlite=
        'SELECT content.id, content.source_id, content.object, content.foreign_id, content.content_id, '
        'content.author_id, content.recipient_id, content.thread_id, content.in_reply_to_id, content.title, '
        'content.body, content.format, content.language, content.created_at, content.updated_at, content.actions, '
        'content.extra, content.imported_at, content.changed_at, content.deleted_at, content.incarnation FROM '
        'content WHERE content.source_id = ? AND content.object = ? AND content.foreign_id = ?'
        ,
    postgresql=
        'SELECT content.id, content.source_id, content.object, content.foreign_id, content.content_id, '
        'content.author_id, content.recipient_id, content.thread_id, content.in_reply_to_id, content.title, '
        'content.body, content.format, content.language, content.created_at, content.updated_at, content.actions, '
        'content.extra, content.imported_at, content.changed_at, content.deleted_at, content.incarnation FROM '
        'content WHERE content.source_id = %s::INTEGER AND content.object = %s::VARCHAR AND content.foreign_id = '
        '%s::VARCHAR'
        ,
    values=('its_id', 'its_object', 'its_foreign_id'),
    columns=('id', 'source_id', 'object', 'foreign_id', 'content_id', 'author_id', 'recipient_id', 'thread_id',
        'in_reply_to_id', 'title', 'body', 'format', 'language', 'created_at', 'updated_at', 'actions', 'extra',
        'imported_at', 'changed_at', 'deleted_at', 'incarnation'),
)
'One content.'

queue_entry = Statement(
    'queue_entry',
    sqlite=
        'INSERT INTO outbox (id, source_id, object, operation, status, attempts, granted, error, foreign_id, '
        'author_id, recipient_id, target_id, target_entry, target_incarnation, thread_id, thread_entry, '
        'thread_incarnation, in_reply_to_id, in_reply_to_entry, in_reply_to_incarnation, title, body, format, '
        'attachments, structured_content, queued_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '
        '?, ?, ?, ?, ?, ?, ?, ?)'
        ,
    postgresql=
        'INSERT INTO outbox (id, source_id, object, operation, status, attempts, granted, error, foreign_id, '
        'author_id, recipient_id, target_id, target_entry, target_incarnation, thread_id, thread_entry, '
        'thread_incarnation, in_reply_to_id, in_reply_to_entry, in_reply_to_incarnation, title, body, format, '
        'attachments, structured_content, queued_at) VALUES (%s::VARCHAR, %s::INTEGER, %s::VARCHAR, %s::VARCHAR, '
        '%s::VARCHAR, %s::INTEGER, %s::INTEGER, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, '
        '%s::VARCHAR, %s::INTEGER, %s::VARCHAR, %s::VARCHAR, %s::INTEGER, %s::VARCHAR, %s::VARCHAR, %s::INTEGER, '
        '%s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR)'
        ,
    values=('id', 'source_id', 'object', 'operation', 'status', 'attempts', 'granted', 'error', 'foreign_id',
        'author_id', 'recipient_id', 'target_id', 'target_entry', 'target_incarnation', 'thread_id',
        'thread_entry', 'thread_incarnation', 'in_reply_to_id', 'in_reply_to_entry', 'in_reply_to_incarnation',
        'title', 'body', 'format', 'attachments', 'structured_content', 'queued_at'),
    columns=(),
)
'An entry at the end of the queue.'

begin_attempt = Statement(
    'begin_attempt',
    sqlite=
        "UPDATE outbox SET attempts=?, begun_at=? WHERE outbox.id = ? AND outbox.status = 'export_pending'"
        ,
    postgresql=
        'UPDATE outbox SET attempts=%s::INTEGER, begun_at=%s::VARCHAR WHERE outbox.id = %s::VARCHAR AND '
        "outbox.status = 'export_pending'"
        ,
    values=('attempts', 'begun_at', 'its_id'),
    columns=(),
)
'An attempt begins, unless its entry is no longer pending.'

settle_entry = Statement(
    'settle_entry',
    sqlite=
        'UPDATE outbox SET status=?, attempts=?, error=?, foreign_id=?, settled_at=? WHERE outbox.id = ?'
        ,
    postgresql=
        'UPDATE outbox SET status=%s::VARCHAR, attempts=%s::INTEGER, error=%s::VARCHAR, foreign_id=%s::VARCHAR, '
        'settled_at=%s::VARCHAR WHERE outbox.id = %s::VARCHAR'
        ,
    values=('status', 'attempts', 'error', 'foreign_id', 'settled_at', 'its_id'),
    columns=(),
)
'What became of an attempt.'

cancel_entry = Statement(
    'cancel_entry',
    sqlite=
        'UPDATE outbox SET status=?, error=?, settled_at=? WHERE outbox.id = ? AND outbox.attempts = ?'
        ,
    postgresql=
        'UPDATE outbox SET status=%s::VARCHAR, error=%s::VARCHAR, settled_at=%s::VARCHAR WHERE outbox.id = '
        '%s::VARCHAR AND outbox.attempts = %s::INTEGER'
        ,
    values=('status', 'error', 'settled_at', 'its_id', 'its_attempts'),
    columns=(),
)
'Give up an entry, unless it was sent meanwhile.'

given_up_entry = Statement(
    'given_up_entry',
    sqlite=
        'SELECT outbox.position, outbox.id, outbox.source_id, outbox.object, outbox.operation, outbox.status, '
        'outbox.attempts, outbox.granted, outbox.error, outbox.foreign_id, outbox.author_id, outbox.recipient_id, '
        'outbox.target_id, outbox.target_entry, outbox.target_incarnation, outbox.thread_id, outbox.thread_entry, '
        'outbox.thread_incarnation, outbox.in_reply_to_id, outbox.in_reply_to_entry, '
        'outbox.in_reply_to_incarnation, outbox.title, outbox.body, outbox.format, outbox.attachments, '
        'outbox.structured_content, outbox.queued_at, outbox.begun_at, outbox.settled_at FROM outbox JOIN source ON '
        'source.id = outbox.source_id WHERE source.name = ? AND outbox.id = ? AND (outbox.status NOT IN '
        "('export_pending', 'success'))"
        ,
    postgresql=
        'SELECT outbox.position, outbox.id, outbox.source_id, outbox.object, outbox.operation, outbox.status, '
        'outbox.attempts, outbox.granted, outbox.error, outbox.foreign_id, outbox.author_id, outbox.recipient_id, '
        'outbox.target_id, outbox.target_entry, outbox.target_incarnation, outbox.thread_id, outbox.thread_entry, '
        'outbox.thread_incarnation, outbox.in_reply_to_id, outbox.in_reply_to_entry, '
        'outbox.in_reply_to_incarnation, outbox.title, outbox.body, outbox.format, outbox.attachments, '
        'outbox.structured_content, outbox.queued_at, outbox.begun_at, outbox.settled_at FROM outbox JOIN source ON '
        'source.id = outbox.source_id WHERE source.name = %s::VARCHAR AND outbox.id = %s::VARCHAR AND '
        "(outbox.status NOT IN ('export_pending', 'success'))"
        ,
    values=('its_name', 'its_id'),
    columns=('position', 'id', 'source_id', 'object', 'operation', 'status', 'attempts', 'granted', 'error',
        'foreign_id', 'author_id', 'recipient_id', 'target_id', 'target_entry', 'target_incarnation',
        'thread_id', 'thread_entry', 'thread_incarnation', 'in_reply_to_id', 'in_reply_to_entry',
        'in_reply_to_incarnation', 'title', 'body', 'format', 'attachments', 'structured_content', 'queued_at',
        'begun_at', 'settled_at'),
)
'The entry of an id, of the source `its_name`, if it was given up.'

grant_attempts = Statement(
    'grant_attempts',
    sqlite=
        'UPDATE outbox SET status=?, granted=?, error=NULL, settled_at=NULL WHERE outbox.id = ?'
        ,
    postgresql=
        'UPDATE outbox SET status=%s::VARCHAR, granted=%s::INTEGER, error=NULL, settled_at=NULL WHERE outbox.id = '
        '%s::VARCHAR'
        ,
    values=('status', 'granted', 'its_id'),
    columns=(),
)
'An entry is pending again, and may be sent until there were `granted` attempts.'

doubt_content = Statement(
    'doubt_content',
    sqlite=
        'UPDATE content SET content_id=NULL, imported_at=?, incarnation=(content.incarnation + 1) WHERE '
        'content.source_id = ? AND content.object = ? AND content.foreign_id = ?'
        ,
    postgresql=
        'UPDATE content SET content_id=NULL, imported_at=%s::VARCHAR, incarnation=(content.incarnation + 1) WHERE '
        'content.source_id = %s::INTEGER AND content.object = %s::VARCHAR AND content.foreign_id = %s::VARCHAR'
        ,
    values=('imported_at', 'its_id', 'its_object', 'its_foreign_id'),
    columns=(),
)
'A content whose id may have been given again: no entry and no reference means it any more (OB13).'

renew_content = Statement(
    'renew_content',
    sqlite=
        'INSERT INTO content (source_id, object, foreign_id, content_id, author_id, recipient_id, thread_id, '
        'in_reply_to_id, title, body, format, language, created_at, updated_at, actions, extra, imported_at, '
        'changed_at, deleted_at, incarnation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) '
        'ON CONFLICT (source_id, object, foreign_id) DO UPDATE SET content_id = excluded.content_id, author_id = '
        'excluded.author_id, recipient_id = excluded.recipient_id, thread_id = excluded.thread_id, in_reply_to_id = '
        'excluded.in_reply_to_id, title = excluded.title, body = excluded.body, format = excluded.format, language '
        '= excluded.language, created_at = excluded.created_at, updated_at = excluded.updated_at, actions = '
        'excluded.actions, extra = excluded.extra, imported_at = excluded.imported_at, changed_at = '
        'excluded.changed_at, deleted_at = excluded.deleted_at, incarnation = (content.incarnation + 1)'
        ,
    postgresql=
        'INSERT INTO content (source_id, object, foreign_id, content_id, author_id, recipient_id, thread_id, '
        'in_reply_to_id, title, body, format, language, created_at, updated_at, actions, extra, imported_at, '
        'changed_at, deleted_at, incarnation) VALUES (%s::INTEGER, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, '
        '%s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, '
        '%s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, 0) ON CONFLICT '
        '(source_id, object, foreign_id) DO UPDATE SET content_id = excluded.content_id, author_id = '
        'excluded.author_id, recipient_id = excluded.recipient_id, thread_id = excluded.thread_id, in_reply_to_id = '
        'excluded.in_reply_to_id, title = excluded.title, body = excluded.body, format = excluded.format, language '
        '= excluded.language, created_at = excluded.created_at, updated_at = excluded.updated_at, actions = '
        'excluded.actions, extra = excluded.extra, imported_at = excluded.imported_at, changed_at = '
        'excluded.changed_at, deleted_at = excluded.deleted_at, incarnation = (content.incarnation + 1)'
        ,
    values=('source_id', 'object', 'foreign_id', 'content_id', 'author_id', 'recipient_id', 'thread_id',
        'in_reply_to_id', 'title', 'body', 'format', 'language', 'created_at', 'updated_at', 'actions', 'extra',
        'imported_at', 'changed_at', 'deleted_at'),
    columns=(),
)
'A content that was created under the id of one that was deleted, of which nothing is kept (OB13).'

own_content = Statement(
    'own_content',
    sqlite=
        'INSERT INTO content (source_id, object, foreign_id, content_id, author_id, recipient_id, thread_id, '
        'in_reply_to_id, title, body, format, language, created_at, updated_at, actions, extra, imported_at, '
        'changed_at, deleted_at, incarnation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) '
        'ON CONFLICT (source_id, object, foreign_id) DO UPDATE SET content_id = excluded.content_id WHERE '
        'content.content_id IS NULL AND content.author_id = excluded.author_id'
        ,
    postgresql=
        'INSERT INTO content (source_id, object, foreign_id, content_id, author_id, recipient_id, thread_id, '
        'in_reply_to_id, title, body, format, language, created_at, updated_at, actions, extra, imported_at, '
        'changed_at, deleted_at, incarnation) VALUES (%s::INTEGER, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, '
        '%s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, '
        '%s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, %s::VARCHAR, 0) ON CONFLICT '
        '(source_id, object, foreign_id) DO UPDATE SET content_id = excluded.content_id WHERE content.content_id IS '
        'NULL AND content.author_id = excluded.author_id'
        ,
    values=('source_id', 'object', 'foreign_id', 'content_id', 'author_id', 'recipient_id', 'thread_id',
        'in_reply_to_id', 'title', 'body', 'format', 'language', 'created_at', 'updated_at', 'actions', 'extra',
        'imported_at', 'changed_at', 'deleted_at'),
    columns=(),
)
'A content that was created; a list may have shown it before its repeat was answered (PU2).'
