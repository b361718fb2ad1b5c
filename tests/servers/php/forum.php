<?php
// What the partners in PHP share: the signature, and a forum in a file under a lock, since PHP itself remembers nothing.
declare(strict_types=1);

function sign(string $body): string
{
    return hash_hmac('sha512', $body, getenv('PARTNER_SECRET'));
}

function refuse(int $status, string $why): never
{
    http_response_code($status);
    header('Content-Type: text/plain');
    exit($why);
}

/** The platform's call, or the end of the request. What was signed rightly is written down. */
function call(): array
{
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        refuse(405, 'only POST is answered here');
    }
    $body = file_get_contents('php://input');
    if (!hash_equals(sign($body), $_SERVER['HTTP_X_SMCCSDK_SIGNATURE'] ?? '')) {
        refuse(403, 'invalid signature');
    }
    file_put_contents(getenv('PARTNER_LEDGER'), "$body\n", FILE_APPEND | LOCK_EX);
    $call = json_decode($body, true);
    if (!is_array($call) || !is_string($call['action'] ?? null)) {
        refuse(400, 'bad request');
    }
    return $call;
}

/** The forum: read from its file, handed to `$what`, which may change it, and written back, one request at a time. */
function forum(callable $what): mixed
{
    $file = fopen(getenv('PARTNER_STATE'), 'c+');
    flock($file, LOCK_EX);
    $forum = json_decode(stream_get_contents($file), true)
        ?? json_decode(file_get_contents(__DIR__ . '/../seed.json'), true) + ['created' => [], 'last' => 100];
    $result = $what($forum);
    ftruncate($file, 0);
    rewind($file);
    fwrite($file, json_encode($forum));
    fclose($file);
    return $result;
}

function find(array $forum, string $name, mixed $id): array
{
    $found = array_filter($forum[$name], fn (array $it): bool => (string) $it['id'] === $id);
    return reset($found) ?: refuse(404, "no such content in $name");
}

/** The contents after an id, which is a number that counts up: the oldest `$page` of them, newest first. */
function newer(array $forum, string $name, mixed $since_id, int $page): array
{
    $after = array_filter($forum[$name], fn (array $it): bool => $it['id'] > (int) $since_id);
    return array_reverse(array_slice($after, 0, $page));
}

function create(array &$forum, string $name, array $params, bool $threads): array
{
    $place = &$forum['created'][$params['content_id']];
    if ($place === null) {
        if (($params['body'] ?? '') === '' && empty($params['attachments'])) {
            refuse(422, 'the body is empty');
        }
        if ($name === 'messages' && $threads) {
            find($forum, 'threads', $params['thread_id'] ?? null);
        }
        $known = ['body', 'title', 'format', 'thread_id', 'in_reply_to_id', 'attachments', 'created_at'];
        $place = ['id' => ++$forum['last'], 'author' => $params['author_id']];
        $place += array_intersect_key($params, array_flip($known));
        $forum[$name][] = $place;
    }
    return $place;
}

function operate(array &$forum, string $name, string $operation, mixed $id): array
{
    $content = find($forum, $name, $id);
    if ($operation === 'delete' || $operation === 'destroy') {
        $forum[$name] = array_values(array_filter($forum[$name], fn (array $it): bool => $it !== $content));
        return $content;
    }
    foreach ($forum[$name] as &$it) {
        if ($it['id'] === $content['id']) {
            $it['published'] = $operation === 'publish';
            $content = $it;
        }
    }
    return $content;
}

/** A content as it is shown: with its author, in whose place the forum has a name, and otherwise as `$spell` says. */
function shown(array $forum, array $content, callable $spell): array
{
    $now = gmdate('Y-m-d\TH:i:s\Z');
    $unknown = ['id' => $content['author'], 'screenname' => $content['author'], 'created_at' => $now, 'updated_at' => $now];
    $author = $forum['users'][$content['author']] ?? $unknown;
    return $spell(['author' => $author] + $content + ['updated_at' => $content['created_at']]);
}

/** Answer one call, of which `$info` says what is declared, and `$spell` how a content is written. */
function answer(array $info, callable $spell, int $page = PHP_INT_MAX): string
{
    $call = call();
    [$name, $operation] = explode('.', $call['action'], 2) + [1 => ''];
    $params = is_array($call['params'] ?? null) ? $call['params'] : [];
    if ($call['action'] === 'implementation.info') {
        $result = $info;
    } elseif (!in_array($operation, $info['objects'][$name] ?? [], true)) {
        refuse(400, 'invalid action');
    } else {
        $result = forum(function (array &$forum) use ($name, $operation, $params, $page, $info, $spell): array {
            $show = fn (array $content): array => shown($forum, $content, $spell);
            return match ($operation) {
                'list' => array_map($show, newer($forum, $name, $params['since_id'] ?? 0, $page)),
                'show' => $show(find($forum, $name, $params['id'] ?? null)),
                'create' => $show(create($forum, $name, $params, isset($info['objects']['threads']))),
                default => $show(operate($forum, $name, $operation, $params['id'] ?? null)),
            };
        });
    }
    $body = json_encode($result);
    header('Content-Type: application/json');
    header('X-SMCCSDK-SIGNATURE: ' . sign($body));
    return $body;
}
