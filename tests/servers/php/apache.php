<?php
// A partner in PHP behind Apache. Its habits: dates with an offset, made by PHP; slashes and whatever is not ASCII are
// escaped; `destroy` in place of `delete`; messages have titles; lists in pages of one.
declare(strict_types=1);
require __DIR__ . '/forum.php';

$info = [
    'objects' => ['messages' => ['list', 'show', 'create', 'destroy'], 'threads' => ['list', 'show']],
    'options' => ['messages.html', 'messages.attachments', 'threads.html'],
];
echo answer($info, function (array $content): array {
    foreach (['id', 'thread_id', 'in_reply_to_id'] as $key) {
        $content[$key] = isset($content[$key]) ? (string) $content[$key] : null;
    }
    foreach (['created_at', 'updated_at'] as $key) {
        $content[$key] = date(DATE_ISO8601, strtotime($content[$key]));
    }
    $actions = $content['thread_id'] === null ? [] : ['destroy'];
    return $content + ['categories' => [], 'context_data' => [], 'actions' => $actions];
}, page: 1);
