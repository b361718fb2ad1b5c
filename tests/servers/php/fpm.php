<?php
// A partner in PHP behind nginx. Its habits: ids are numbers; nobody knows how long an answer is; there are no threads.
declare(strict_types=1);
require __DIR__ . '/forum.php';

$info = [
    'objects' => ['messages' => ['list', 'show', 'create', 'delete']],
    'options' => ['messages.unthreaded', 'messages.no_title', 'messages.text', 'messages.html'],
];
echo answer($info, function (array $content): array {
    unset($content['thread_id']);
    if (isset($content['in_reply_to_id'])) {
        $content['in_reply_to_id'] = (int) $content['in_reply_to_id'];
    }
    return $content + ['format' => 'html', 'actions' => ['delete']];
}, page: 3);
