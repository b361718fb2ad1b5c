<?php
// A partner on PHP's built-in server. Its habits: `actions` are what a filter left of an array, gaps and all; it says how
// long its answer is, and prints a notice behind it; every connection is closed.
declare(strict_types=1);
require __DIR__ . '/forum.php';

$info = [
    'objects' => [
        'messages' => ['list', 'show', 'create', 'delete', 'publish', 'unpublish'],
        'threads' => ['list', 'show', 'create', 'delete'],
    ],
    'options' => ['messages.text', 'messages.no_title', 'threads.text'],
];
$body = answer($info, function (array $content): array {
    foreach (['id', 'thread_id', 'in_reply_to_id'] as $key) {
        if (isset($content[$key])) {
            $content[$key] = (string) $content[$key];
        }
    }
    $published = $content['published'] ?? true;
    $all = isset($content['thread_id']) ? ['publish', 'unpublish', 'delete'] : ['delete'];
    $done = $published ? 'publish' : 'unpublish';
    return $content + ['format' => 'text', 'actions' => array_filter($all, fn (string $it): bool => $it !== $done)];
});
header('Content-Length: ' . strlen($body));
echo $body;
echo $unset;
