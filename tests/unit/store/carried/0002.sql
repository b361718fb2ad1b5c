-- A database of schema 0002 as commit 7a97163 left it: see make_0002.py and test_carried_over.py.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE content (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	object TEXT NOT NULL, 
	foreign_id TEXT NOT NULL, 
	content_id TEXT, 
	author_id TEXT, 
	recipient_id TEXT, 
	thread_id TEXT, 
	in_reply_to_id TEXT, 
	title TEXT, 
	body TEXT, 
	format TEXT, 
	language TEXT, 
	created_at TEXT, 
	updated_at TEXT, 
	actions TEXT NOT NULL, 
	extra TEXT, 
	imported_at TEXT NOT NULL, 
	changed_at TEXT NOT NULL, 
	deleted_at TEXT, 
	CONSTRAINT pk_content PRIMARY KEY (id), 
	CONSTRAINT fk_content_source_id FOREIGN KEY(source_id) REFERENCES source (id), 
	CONSTRAINT uq_content_source_id_object_foreign_id UNIQUE (source_id, object, foreign_id)
);
INSERT INTO "content" VALUES(1,1,'threads','3',NULL,'jun',NULL,NULL,NULL,'Open on Sundays?','Are you open this Sunday?','text',NULL,'2024-02-29T08:00:00Z','2024-02-29T08:00:00Z','["reply", "delete", "unpublish", "mark_as_solved"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(2,1,'threads','2',NULL,'42',NULL,NULL,NULL,'Colis abîmé','<p>Mon colis est arrivé tout <b>cabossé</b> 😟</p>','html','fr','2024-02-28T15:00:00Z','2024-02-28T15:00:00Z','["reply", "delete", "unpublish", "mark_as_solved"]','{"attachments":[{"url":"https://shop.example/files/colis.jpg","filename":"colis.jpg"}],"categories":["delivery"],"display_url":"https://shop.example/forum/2"}','2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(3,1,'threads','1',NULL,'marc',NULL,NULL,NULL,'Which size?','<p>I am between S and M. What do you advise?</p>','html',NULL,'2024-02-28T12:00:00Z','2024-02-28T12:00:00Z','["reply", "delete", "unpublish", "mark_as_solved"]','{"categories":["sizes"],"display_url":"https://shop.example/forum/1"}','2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(4,1,'messages','11',NULL,'marc',NULL,'1','5',NULL,'<p>M it is. Thanks!</p>','html',NULL,'2024-02-29T18:00:00Z','2024-02-29T18:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(5,1,'messages','10',NULL,'jun',NULL,'3','9',NULL,'Great, see you there! 👋','text',NULL,'2024-02-29T10:00:00Z','2024-02-29T10:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(6,1,'messages','9',NULL,'agent',NULL,'3',NULL,NULL,'Yes, from 10 to 4.','text',NULL,'2024-02-29T09:00:00Z','2024-02-29T09:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(7,1,'messages','8',NULL,'agent',NULL,'2',NULL,NULL,'<p>Merci, un nouveau colis part demain.</p>','html','fr','2024-02-28T20:00:00Z','2024-02-28T20:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(8,1,'messages','7',NULL,'42',NULL,'2','6',NULL,'<p>Voilà 📦 — et le reçu.</p>','html','fr','2024-02-28T17:00:00Z','2024-02-28T17:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]','{"attachments":[{"url":"https://shop.example/files/carton.jpg","filename":"carton.jpg"},{"url":"https://shop.example/files/recu.pdf","filename":"reçu.pdf"}],"categories":["delivery"],"context_data":{"order":"A-1042"},"display_url":"https://shop.example/forum/2#7"}','2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(9,1,'messages','6',NULL,'agent',NULL,'2',NULL,NULL,'<p>Oh no! Could you send us a picture?</p>','html',NULL,'2024-02-28T16:00:00Z','2024-02-28T16:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(10,1,'messages','5',NULL,'agent',NULL,'1','4',NULL,'<p>We agree with Jun: M.</p>','html',NULL,'2024-02-28T14:00:00Z','2024-02-28T14:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:04:00.000Z',NULL);
INSERT INTO "content" VALUES(11,1,'messages','4',NULL,'jun',NULL,'1',NULL,NULL,'<p>Take the M, it shrinks a little.</p>','html',NULL,'2024-02-28T13:00:00Z','2024-02-28T13:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(12,1,'private_messages','13',NULL,'agent','42',NULL,'12',NULL,'C''est noté.','text',NULL,'2024-02-28T22:00:00Z','2024-02-28T22:00:00Z','["reply", "delete", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z','2024-03-01T12:05:00.000Z');
INSERT INTO "content" VALUES(13,1,'private_messages','12',NULL,'42','agent',NULL,NULL,NULL,'Ma nouvelle adresse : 3, rue des Orfèvres.','text',NULL,'2024-02-28T21:00:00Z','2024-02-28T21:00:00Z','["reply", "delete", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(14,1,'messages','sent-1','00000000000000000000000000000001','agent',NULL,'2','7',NULL,'<p>sent</p>','html',NULL,'2024-03-01T12:00:00Z','2024-03-01T12:00:00Z','["delete", "mark_as_solved"]',NULL,'2024-03-01T12:01:00.000Z','2024-03-01T12:01:00.000Z',NULL);
INSERT INTO "content" VALUES(15,1,'threads','14','00000000000000000000000000000002','agent',NULL,NULL,NULL,'Sale 🎉','<p>sent</p>','html',NULL,'2024-03-01T12:00:00Z','2024-03-01T12:00:00Z','["reply", "delete", "unpublish", "mark_as_solved"]',NULL,'2024-03-01T12:01:00.000Z','2024-03-01T12:02:00.000Z',NULL);
INSERT INTO "content" VALUES(16,1,'messages','m-1',NULL,'marc',NULL,'cannot be had','later',NULL,'b','html',NULL,'2024-03-01T00:00:00Z',NULL,'[]',NULL,'2024-03-01T12:04:00.000Z','2024-03-01T12:04:00.000Z',NULL);
INSERT INTO "content" VALUES(17,1,'messages','m-2',NULL,'marc',NULL,'not asked for',NULL,NULL,'b','html',NULL,'2024-03-01T00:00:00Z',NULL,'[]',NULL,'2024-03-01T12:05:00.000Z','2024-03-01T12:05:00.000Z',NULL);
INSERT INTO "content" VALUES(18,3,'threads','3',NULL,'jun',NULL,NULL,NULL,'Open on Sundays?','Are you open this Sunday?','text',NULL,'2024-02-29T08:00:00Z','2024-02-29T08:00:00Z','["reply", "delete", "unpublish", "mark_as_solved"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(19,3,'threads','2',NULL,'42',NULL,NULL,NULL,'Colis abîmé','<p>Mon colis est arrivé tout <b>cabossé</b> 😟</p>','html','fr','2024-02-28T15:00:00Z','2024-02-28T15:00:00Z','["reply", "delete", "unpublish", "mark_as_solved"]','{"attachments":[{"url":"https://shop.example/files/colis.jpg","filename":"colis.jpg"}],"categories":["delivery"],"display_url":"https://shop.example/forum/2"}','2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(20,3,'threads','1',NULL,'marc',NULL,NULL,NULL,'Which size?','<p>I am between S and M. What do you advise?</p>','html',NULL,'2024-02-28T12:00:00Z','2024-02-28T12:00:00Z','["reply", "delete", "unpublish", "mark_as_solved"]','{"categories":["sizes"],"display_url":"https://shop.example/forum/1"}','2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(21,3,'messages','11',NULL,'marc',NULL,'1','5',NULL,'<p>M it is. Thanks!</p>','html',NULL,'2024-02-29T18:00:00Z','2024-02-29T18:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(22,3,'messages','10',NULL,'jun',NULL,'3','9',NULL,'Great, see you there! 👋','text',NULL,'2024-02-29T10:00:00Z','2024-02-29T10:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(23,3,'messages','9',NULL,'agent',NULL,'3',NULL,NULL,'Yes, from 10 to 4.','text',NULL,'2024-02-29T09:00:00Z','2024-02-29T09:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(24,3,'messages','8',NULL,'agent',NULL,'2',NULL,NULL,'<p>Merci, un nouveau colis part demain.</p>','html','fr','2024-02-28T20:00:00Z','2024-02-28T20:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(25,3,'messages','7',NULL,'42',NULL,'2','6',NULL,'<p>Voilà 📦 — et le reçu.</p>','html','fr','2024-02-28T17:00:00Z','2024-02-28T17:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]','{"attachments":[{"url":"https://shop.example/files/carton.jpg","filename":"carton.jpg"},{"url":"https://shop.example/files/recu.pdf","filename":"reçu.pdf"}],"categories":["delivery"],"context_data":{"order":"A-1042"},"display_url":"https://shop.example/forum/2#7"}','2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(26,3,'messages','6',NULL,'agent',NULL,'2',NULL,NULL,'<p>Oh no! Could you send us a picture?</p>','html',NULL,'2024-02-28T16:00:00Z','2024-02-28T16:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(27,3,'messages','5',NULL,'agent',NULL,'1','4',NULL,'<p>We agree with Jun: M.</p>','html',NULL,'2024-02-28T14:00:00Z','2024-02-28T14:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(28,3,'messages','4',NULL,'jun',NULL,'1',NULL,NULL,'<p>Take the M, it shrinks a little.</p>','html',NULL,'2024-02-28T13:00:00Z','2024-02-28T13:00:00Z','["reply", "delete", "unpublish", "mark_as_solved", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(29,3,'private_messages','13',NULL,'agent','42',NULL,'12',NULL,'C''est noté.','text',NULL,'2024-02-28T22:00:00Z','2024-02-28T22:00:00Z','["reply", "delete", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
INSERT INTO "content" VALUES(30,3,'private_messages','12',NULL,'42','agent',NULL,NULL,NULL,'Ma nouvelle adresse : 3, rue des Orfèvres.','text',NULL,'2024-02-28T21:00:00Z','2024-02-28T21:00:00Z','["reply", "delete", "escalate"]',NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z',NULL);
CREATE TABLE cursor (
	source_id INTEGER NOT NULL, 
	object TEXT NOT NULL, 
	since_id TEXT, 
	trail TEXT NOT NULL, 
	checked_at TEXT, 
	moved_at TEXT, page_mark TEXT, page_seen TEXT, 
	CONSTRAINT pk_cursor PRIMARY KEY (source_id, object), 
	CONSTRAINT fk_cursor_source_id FOREIGN KEY(source_id) REFERENCES source (id)
);
INSERT INTO "cursor" VALUES(1,'threads','14','["3"]','2024-03-01T12:02:00.000Z','2024-03-01T12:02:00.000Z',NULL,NULL);
INSERT INTO "cursor" VALUES(1,'messages','11','[]','2024-03-01T12:05:00.000Z','2024-03-01T12:05:00.000Z',NULL,NULL);
INSERT INTO "cursor" VALUES(1,'private_messages','13','[]',NULL,'2024-03-01T12:00:00.000Z',NULL,NULL);
INSERT INTO "cursor" VALUES(3,'threads','3','[]','2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z','643f303d364d52f6036443b7ecac67eb','{"unchanged":3,"ignored":[],"remarked":[]}');
INSERT INTO "cursor" VALUES(3,'messages','11','[]','2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z','df60eb5d30d24500d75c7e4ee3cb17c3','{"unchanged":8,"ignored":[],"remarked":[]}');
INSERT INTO "cursor" VALUES(3,'private_messages','13','[]','2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z','0b48d4556f2d7c8b17bab69025b196b4','{"unchanged":2,"ignored":[],"remarked":[]}');
CREATE TABLE cycle (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	started_at TEXT NOT NULL, 
	ended_at TEXT, 
	outcome TEXT NOT NULL, 
	report TEXT, 
	CONSTRAINT pk_cycle PRIMARY KEY (id), 
	CONSTRAINT fk_cycle_source_id FOREIGN KEY(source_id) REFERENCES source (id)
);
INSERT INTO "cycle" VALUES(4,1,'2024-03-01T12:03:00.000Z','2024-03-01T12:03:00.000Z','failed','{"source": "shop", "cycle": 4, "started": "2024-03-01T12:03:00.000+00:00", "ended": "2024-03-01T12:03:00.000+00:00", "seconds": 0.0, "failed": true, "interval": 60, "objects": {"threads": {"requests": 1, "listed": 0, "new": 0, "updated": 0, "unchanged": 0, "ignored": 0, "cursor_before": "14", "cursor_after": "14", "more_later": false, "ignored_contents": [], "remarks": []}, "messages": {"requests": 1, "listed": 0, "new": 0, "updated": 0, "unchanged": 0, "ignored": 0, "cursor_before": "11", "cursor_after": "11", "more_later": false, "ignored_contents": [], "remarks": []}, "private_messages": {"requests": 1, "listed": 0, "new": 0, "updated": 0, "unchanged": 0, "ignored": 0, "cursor_before": "13", "cursor_after": "13", "more_later": false, "ignored_contents": [], "remarks": []}}, "threads_looked_up": 0, "exports": {"sent": 2, "succeeded": 0, "retried": 0, "given up": 2, "waiting": 0, "settled": [{"id": "00000000000000000000000000000008", "action": "messages.create", "outcome": "given up", "status": "export_failure", "attempts": 3, "foreign_id": null, "error": "expected HTTP 2xx, got HTTP 500; the partner says: something went wrong", "remark": null}, {"id": "00000000000000000000000000000009", "action": "messages.create", "outcome": "given up", "status": "export_failure", "attempts": 3, "foreign_id": null, "error": "expected HTTP 2xx, got HTTP 500; the partner says: something went wrong", "remark": null}], "waits": []}, "remarks": [], "errors": []}');
INSERT INTO "cycle" VALUES(5,1,'2024-03-01T12:04:00.000Z','2024-03-01T12:04:00.000Z','failed','{"source": "shop", "cycle": 5, "started": "2024-03-01T12:04:00.000+00:00", "ended": "2024-03-01T12:04:00.000+00:00", "seconds": 0.0, "failed": true, "interval": 60, "objects": {"threads": {"requests": 1, "listed": 0, "new": 0, "updated": 0, "unchanged": 0, "ignored": 0, "cursor_before": "14", "cursor_after": "14", "more_later": false, "ignored_contents": [], "remarks": []}, "messages": {"requests": 2, "listed": 9, "new": 1, "updated": 1, "unchanged": 7, "ignored": 0, "cursor_before": "11", "cursor_after": "11", "more_later": false, "ignored_contents": [], "remarks": [{"rule": "OB4", "text": "the author lacks ''created_at'' or ''updated_at''", "count": 1, "examples": ["m-1"]}, {"rule": "OB8", "text": "''in_reply_to_id'' is no known content, and counts as absent", "count": 1, "examples": ["m-1"]}, {"rule": "LS9", "text": "a thread that messages name cannot be had: expected HTTP 2xx, got HTTP 404; the partner says: there is no cannot be had among our threads", "count": 1, "examples": ["cannot be had"]}]}, "private_messages": {"requests": 1, "listed": 0, "new": 0, "updated": 0, "unchanged": 0, "ignored": 0, "cursor_before": "13", "cursor_after": "13", "more_later": false, "ignored_contents": [], "remarks": []}}, "threads_looked_up": 1, "exports": {"sent": 2, "succeeded": 0, "retried": 2, "given up": 0, "waiting": 0, "settled": [{"id": "00000000000000000000000000000009", "action": "messages.create", "outcome": "retried", "status": "export_pending", "attempts": 4, "foreign_id": null, "error": "expected HTTP 2xx, got HTTP 500; the partner says: something went wrong", "remark": null}, {"id": "0000000000000000000000000000000b", "action": "messages.create", "outcome": "retried", "status": "export_pending", "attempts": 1, "foreign_id": null, "error": "expected HTTP 2xx, got HTTP 500; the partner says: something went wrong", "remark": null}], "waits": []}, "remarks": [], "errors": []}');
INSERT INTO "cycle" VALUES(6,1,'2024-03-01T12:05:00.000Z','2024-03-01T12:05:00.000Z','failed','{"source": "shop", "cycle": 6, "started": "2024-03-01T12:05:00.000+00:00", "ended": "2024-03-01T12:05:00.000+00:00", "seconds": 0.0, "failed": true, "interval": 60, "objects": {"threads": {"requests": 1, "listed": 0, "new": 0, "updated": 0, "unchanged": 0, "ignored": 0, "cursor_before": "14", "cursor_after": "14", "more_later": false, "ignored_contents": [], "remarks": []}, "messages": {"requests": 2, "listed": 9, "new": 1, "updated": 0, "unchanged": 8, "ignored": 0, "cursor_before": "11", "cursor_after": "11", "more_later": false, "ignored_contents": [], "remarks": [{"rule": "OB4", "text": "the author lacks ''created_at'' or ''updated_at''", "count": 1, "examples": ["m-2"]}]}, "private_messages": {"requests": 1, "listed": 0, "new": 0, "updated": 0, "unchanged": 0, "ignored": 0, "cursor_before": "13", "cursor_after": "13", "more_later": false, "ignored_contents": [], "remarks": []}}, "threads_looked_up": 0, "exports": {"sent": 3, "succeeded": 1, "retried": 2, "given up": 0, "waiting": 0, "settled": [{"id": "00000000000000000000000000000009", "action": "messages.create", "outcome": "retried", "status": "export_pending", "attempts": 5, "foreign_id": null, "error": "expected HTTP 2xx, got HTTP 503; the partner says: something went wrong", "remark": null}, {"id": "0000000000000000000000000000000b", "action": "messages.create", "outcome": "retried", "status": "export_pending", "attempts": 2, "foreign_id": null, "error": "expected HTTP 2xx, got HTTP 503; the partner says: something went wrong", "remark": null}, {"id": "0000000000000000000000000000000c", "action": "private_messages.delete", "outcome": "succeeded", "status": "success", "attempts": 1, "foreign_id": null, "error": null, "remark": null}], "waits": []}, "remarks": [], "errors": []}');
INSERT INTO "cycle" VALUES(7,1,'2024-03-01T13:00:00.000Z',NULL,'running',NULL);
INSERT INTO "cycle" VALUES(10,3,'2024-03-01T12:00:00.000Z','2024-03-01T12:00:00.000Z','succeeded','{"source": "deaf", "cycle": 10, "started": "2024-03-01T12:00:00.000+00:00", "ended": "2024-03-01T12:00:00.000+00:00", "seconds": 0.0, "failed": false, "interval": 60, "objects": {"threads": {"requests": 1, "listed": 3, "new": 0, "updated": 0, "unchanged": 3, "ignored": 0, "cursor_before": "3", "cursor_after": "3", "more_later": false, "ignored_contents": [], "remarks": []}, "messages": {"requests": 1, "listed": 8, "new": 0, "updated": 0, "unchanged": 8, "ignored": 0, "cursor_before": "11", "cursor_after": "11", "more_later": false, "ignored_contents": [], "remarks": []}, "private_messages": {"requests": 1, "listed": 2, "new": 0, "updated": 0, "unchanged": 2, "ignored": 0, "cursor_before": "13", "cursor_after": "13", "more_later": false, "ignored_contents": [], "remarks": []}}, "threads_looked_up": 0, "exports": {"sent": 0, "succeeded": 0, "retried": 0, "given up": 0, "waiting": 0, "settled": [], "waits": []}, "remarks": [], "errors": []}');
CREATE TABLE exchange (
	id INTEGER NOT NULL, 
	cycle_id INTEGER NOT NULL, 
	action TEXT NOT NULL, 
	started_at TEXT NOT NULL, 
	seconds FLOAT NOT NULL, 
	request BLOB NOT NULL, 
	request_size INTEGER NOT NULL, 
	status INTEGER, 
	headers TEXT, 
	response BLOB, 
	response_size INTEGER NOT NULL, 
	verdict TEXT NOT NULL, 
	error TEXT NOT NULL, 
	CONSTRAINT pk_exchange PRIMARY KEY (id), 
	CONSTRAINT fk_exchange_cycle_id FOREIGN KEY(cycle_id) REFERENCES cycle (id)
);
INSERT INTO "exchange" VALUES(28,4,'implementation.info','2024-03-01T12:03:00.000Z',5.70358999539166688919e-04,X'7B22616374696F6E223A22696D706C656D656E746174696F6E2E696E666F222C2274696D65223A22323032342D30332D30315431323A30333A30305A',62,200,'{"content-type": "application/json", "x-smccsdk-signature": "d6e6137467e5cd04f7e0fc1895b25afac0919e7c8230b739a79193f6f510f58ce59adb07939da4235c5e128b80c6e47e0eb5b473c0b98c6444f2b7f807cb8681", "content-length": "659"}',X'7B226F626A65637473223A7B2274687265616473223A5B226C697374222C2273686F77222C22637265617465222C227265706C79222C2264656C6574',659,'valid','');
INSERT INTO "exchange" VALUES(29,4,'threads.list','2024-03-01T12:03:00.000Z',2.57673000305658206343e-04,X'7B22616374696F6E223A22746872656164732E6C697374222C22706172616D73223A7B2273696E63655F6964223A223134227D2C2274696D65223A22',82,200,'{"content-type": "application/json", "x-smccsdk-signature": "66ee9c3a1ff239c576506d265b77d03bb308955cee01881734b51642b8154573ca451786adb31faca6d168edcdba1af604e1a4e0eb4888f93473e6ad273f8a07", "content-length": "2"}',X'5B5D',2,'valid','');
INSERT INTO "exchange" VALUES(30,4,'messages.list','2024-03-01T12:03:00.000Z',2.38884999816946219652e-04,X'7B22616374696F6E223A226D657373616765732E6C697374222C22706172616D73223A7B2273696E63655F6964223A223131227D2C2274696D65223A',83,200,'{"content-type": "application/json", "x-smccsdk-signature": "66ee9c3a1ff239c576506d265b77d03bb308955cee01881734b51642b8154573ca451786adb31faca6d168edcdba1af604e1a4e0eb4888f93473e6ad273f8a07", "content-length": "2"}',X'5B5D',2,'valid','');
INSERT INTO "exchange" VALUES(31,4,'private_messages.list','2024-03-01T12:03:00.000Z',1.74179000168805941939e-04,X'7B22616374696F6E223A22707269766174655F6D657373616765732E6C697374222C22706172616D73223A7B2273696E63655F6964223A223133227D',91,200,'{"content-type": "application/json", "x-smccsdk-signature": "66ee9c3a1ff239c576506d265b77d03bb308955cee01881734b51642b8154573ca451786adb31faca6d168edcdba1af604e1a4e0eb4888f93473e6ad273f8a07", "content-length": "2"}',X'5B5D',2,'valid','');
INSERT INTO "exchange" VALUES(32,4,'messages.create','2024-03-01T12:03:00.000Z',2.26467000175034627318e-04,X'7B22616374696F6E223A226D657373616765732E637265617465222C22706172616D73223A7B22617574686F725F6964223A226167656E74222C2262',314,500,'{"content-type": "text/plain; charset=utf-8", "content-length": "20"}',X'736F6D657468696E672077656E742077726F6E67',20,'unchecked','shop: messages.create: expected HTTP 2xx, got HTTP 500; the partner says: something went wrong');
INSERT INTO "exchange" VALUES(33,4,'messages.create','2024-03-01T12:03:00.000Z',2.21991000216803513467e-04,X'7B22616374696F6E223A226D657373616765732E637265617465222C22706172616D73223A7B22617574686F725F6964223A226167656E74222C2262',303,500,'{"content-type": "text/plain; charset=utf-8", "content-length": "20"}',X'736F6D657468696E672077656E742077726F6E67',20,'unchecked','shop: messages.create: expected HTTP 2xx, got HTTP 500; the partner says: something went wrong');
INSERT INTO "exchange" VALUES(34,5,'implementation.info','2024-03-01T12:04:00.000Z',3.76048999896738678216e-04,X'7B22616374696F6E223A22696D706C656D656E746174696F6E2E696E666F222C2274696D65223A22323032342D30332D30315431323A30343A30305A',62,200,'{"content-type": "application/json", "x-smccsdk-signature": "d6e6137467e5cd04f7e0fc1895b25afac0919e7c8230b739a79193f6f510f58ce59adb07939da4235c5e128b80c6e47e0eb5b473c0b98c6444f2b7f807cb8681", "content-length": "659"}',X'7B226F626A65637473223A7B2274687265616473223A5B226C697374222C2273686F77222C22637265617465222C227265706C79222C2264656C6574',659,'valid','');
INSERT INTO "exchange" VALUES(35,5,'threads.list','2024-03-01T12:04:00.000Z',1.947800001289579086e-04,X'7B22616374696F6E223A22746872656164732E6C697374222C22706172616D73223A7B2273696E63655F6964223A223134227D2C2274696D65223A22',82,200,'{"content-type": "application/json", "x-smccsdk-signature": "66ee9c3a1ff239c576506d265b77d03bb308955cee01881734b51642b8154573ca451786adb31faca6d168edcdba1af604e1a4e0eb4888f93473e6ad273f8a07", "content-length": "2"}',X'5B5D',2,'valid','');
INSERT INTO "exchange" VALUES(36,5,'messages.list','2024-03-01T12:04:00.000Z',3.14478000291273929178e-04,X'7B22616374696F6E223A226D657373616765732E6C697374222C22706172616D73223A7B2273696E63655F6964223A223131227D2C2274696D65223A',83,200,'{"content-type": "application/json", "x-smccsdk-signature": "8f39b3d41f97961f8b48b52a8e8b134f624711bef8c5aa3facfa954c3d97ce29734420f5ef5618eaecd7116cf7181f0b7248faf77a440680dbafcf3ae7d97fc4", "content-length": "157"}',X'5B7B22617574686F72223A7B226964223A226D617263222C2273637265656E6E616D65223A224D617263227D2C22626F6479223A2262222C22637265',157,'valid','');
INSERT INTO "exchange" VALUES(37,5,'messages.list','2024-03-01T12:04:00.000Z',4.84040000628738198429e-04,X'7B22616374696F6E223A226D657373616765732E6C697374222C22706172616D73223A7B2273696E63655F6964223A226D2D31227D2C2274696D6522',84,200,'{"content-type": "application/json", "x-smccsdk-signature": "b630d696fa203589ef1622c86ec0849eefc6839183595d648c8ffd9c31084f92f8bfaf8a37bbc785462cbc69a88ca137b8b8c1423a5e6736797496ff32673e8b", "content-length": "3443"}',X'5B7B226964223A223131222C22616374696F6E73223A5B227265706C79222C2264656C657465222C22756E7075626C697368222C226D61726B5F6173',3443,'valid','');
INSERT INTO "exchange" VALUES(38,5,'threads.show','2024-03-01T12:04:00.000Z',2.37403000028280075639e-04,X'7B22616374696F6E223A22746872656164732E73686F77222C22706172616D73223A7B226964223A2263616E6E6F7420626520686164227D2C227469',87,404,'{"content-type": "text/plain; charset=utf-8", "content-length": "43"}',X'7468657265206973206E6F2063616E6E6F742062652068616420616D6F6E67206F75722074687265616473',43,'unchecked','shop: threads.show: expected HTTP 2xx, got HTTP 404; the partner says: there is no cannot be had among our threads');
INSERT INTO "exchange" VALUES(39,5,'private_messages.list','2024-03-01T12:04:00.000Z',2.08710000151768326759e-04,X'7B22616374696F6E223A22707269766174655F6D657373616765732E6C697374222C22706172616D73223A7B2273696E63655F6964223A223133227D',91,200,'{"content-type": "application/json", "x-smccsdk-signature": "66ee9c3a1ff239c576506d265b77d03bb308955cee01881734b51642b8154573ca451786adb31faca6d168edcdba1af604e1a4e0eb4888f93473e6ad273f8a07", "content-length": "2"}',X'5B5D',2,'valid','');
INSERT INTO "exchange" VALUES(40,5,'messages.create','2024-03-01T12:04:00.000Z',3.30861999827902764081e-04,X'7B22616374696F6E223A226D657373616765732E637265617465222C22706172616D73223A7B22617574686F725F6964223A226167656E74222C2262',303,500,'{"content-type": "text/plain; charset=utf-8", "content-length": "20"}',X'736F6D657468696E672077656E742077726F6E67',20,'unchecked','shop: messages.create: expected HTTP 2xx, got HTTP 500; the partner says: something went wrong');
INSERT INTO "exchange" VALUES(41,5,'messages.create','2024-03-01T12:04:00.000Z',3.96249000004900153726e-04,X'7B22616374696F6E223A226D657373616765732E637265617465222C22706172616D73223A7B226174746163686D656E7473223A5B7B2275726C223A',352,500,'{"content-type": "text/plain; charset=utf-8", "content-length": "20"}',X'736F6D657468696E672077656E742077726F6E67',20,'unchecked','shop: messages.create: expected HTTP 2xx, got HTTP 500; the partner says: something went wrong');
INSERT INTO "exchange" VALUES(42,6,'implementation.info','2024-03-01T12:05:00.000Z',7.43395999961649067699e-04,X'7B22616374696F6E223A22696D706C656D656E746174696F6E2E696E666F222C2274696D65223A22323032342D30332D30315431323A30353A30305A',62,200,'{"content-type": "application/json", "x-smccsdk-signature": "6294cd3909c12ae59b2f39a17027d10c339761e8a30fd34e1f44068358d7cd10e3af4a481704827e1d05413879dd35a1e61d68b72b1ae3ffe12d55d3f8344152", "content-length": "652"}',X'7B226F626A65637473223A7B2274687265616473223A5B226C697374222C22637265617465222C227265706C79222C2264656C657465222C22707562',652,'valid','');
INSERT INTO "exchange" VALUES(43,6,'threads.list','2024-03-01T12:05:00.000Z',4.35858000855660066008e-04,X'7B22616374696F6E223A22746872656164732E6C697374222C22706172616D73223A7B2273696E63655F6964223A223134227D2C2274696D65223A22',82,200,'{"content-type": "application/json", "x-smccsdk-signature": "66ee9c3a1ff239c576506d265b77d03bb308955cee01881734b51642b8154573ca451786adb31faca6d168edcdba1af604e1a4e0eb4888f93473e6ad273f8a07", "content-length": "2"}',X'5B5D',2,'valid','');
INSERT INTO "exchange" VALUES(44,6,'messages.list','2024-03-01T12:05:00.000Z',3.57821999386942479759e-04,X'7B22616374696F6E223A226D657373616765732E6C697374222C22706172616D73223A7B2273696E63655F6964223A223131227D2C2274696D65223A',83,200,'{"content-type": "application/json", "x-smccsdk-signature": "cc56f88a65342f1ab0c5215578ecbe33ddb4a0253fa58bfc13a6a614aebb1e1edecd9abe5ad58ed27e8b8689c16f20b86a5c61438abd79a8a37ec764e59377a2", "content-length": "132"}',X'5B7B22617574686F72223A7B226964223A226D617263222C2273637265656E6E616D65223A224D617263227D2C22626F6479223A2262222C22637265',132,'valid','');
INSERT INTO "exchange" VALUES(45,6,'messages.list','2024-03-01T12:05:00.000Z',1.45989199972973437979e-03,X'7B22616374696F6E223A226D657373616765732E6C697374222C22706172616D73223A7B2273696E63655F6964223A226D2D32227D2C2274696D6522',84,200,'{"content-type": "application/json", "x-smccsdk-signature": "b630d696fa203589ef1622c86ec0849eefc6839183595d648c8ffd9c31084f92f8bfaf8a37bbc785462cbc69a88ca137b8b8c1423a5e6736797496ff32673e8b", "content-length": "3443"}',X'5B7B226964223A223131222C22616374696F6E73223A5B227265706C79222C2264656C657465222C22756E7075626C697368222C226D61726B5F6173',3443,'valid','');
INSERT INTO "exchange" VALUES(46,6,'private_messages.list','2024-03-01T12:05:00.000Z',3.36050000441900920122e-04,X'7B22616374696F6E223A22707269766174655F6D657373616765732E6C697374222C22706172616D73223A7B2273696E63655F6964223A223133227D',91,200,'{"content-type": "application/json", "x-smccsdk-signature": "66ee9c3a1ff239c576506d265b77d03bb308955cee01881734b51642b8154573ca451786adb31faca6d168edcdba1af604e1a4e0eb4888f93473e6ad273f8a07", "content-length": "2"}',X'5B5D',2,'valid','');
INSERT INTO "exchange" VALUES(47,6,'messages.create','2024-03-01T12:05:00.000Z',3.01258000035886652767e-04,X'7B22616374696F6E223A226D657373616765732E637265617465222C22706172616D73223A7B22617574686F725F6964223A226167656E74222C2262',303,503,'{"content-type": "text/plain; charset=utf-8", "content-length": "20"}',X'736F6D657468696E672077656E742077726F6E67',20,'unchecked','shop: messages.create: expected HTTP 2xx, got HTTP 503; the partner says: something went wrong');
INSERT INTO "exchange" VALUES(48,6,'messages.create','2024-03-01T12:05:00.000Z',2.59014999755891039967e-04,X'7B22616374696F6E223A226D657373616765732E637265617465222C22706172616D73223A7B226174746163686D656E7473223A5B7B2275726C223A',351,503,'{"content-type": "text/plain; charset=utf-8", "content-length": "20"}',X'736F6D657468696E672077656E742077726F6E67',20,'unchecked','shop: messages.create: expected HTTP 2xx, got HTTP 503; the partner says: something went wrong');
INSERT INTO "exchange" VALUES(49,6,'private_messages.delete','2024-03-01T12:05:00.000Z',4.28487000135646667331e-04,X'7B22616374696F6E223A22707269766174655F6D657373616765732E64656C657465222C22706172616D73223A7B226964223A223133227D2C227469',87,200,'{"content-type": "application/json", "x-smccsdk-signature": "7f09135b470b3eaf950413460cf5322d983f1cd58989e43b42f48249385e8d1f159e39204b791a6a48e9b9504790a5e6b7012c582b1d44ede79fd1d07df41c2f", "content-length": "546"}',X'7B226964223A223133222C22617574686F72223A7B226964223A226167656E74222C2273637265656E6E616D65223A225468652073686F70222C2270',546,'valid','');
INSERT INTO "exchange" VALUES(61,10,'implementation.info','2024-03-01T12:00:00.000Z',4.32894000368833076208e-04,X'7B22616374696F6E22',62,200,'{"content-type": "application/json", "x-smccsdk-signature": "a660a646d94ee7203214efaa9dffd8f3d316dc259daf9cb02bc03d44ded81a84017adadf542b14f8d6e02f72d68d7fda7fd9daf3bf6c2b90491a06e02bd75274", "content-length": "636"}',X'7B226F626A65637473',636,'valid','');
INSERT INTO "exchange" VALUES(62,10,'threads.list','2024-03-01T12:00:00.000Z',5.0132500018662540242e-04,X'7B22616374696F6E22',81,200,'{"content-type": "application/json", "x-smccsdk-signature": "7421e35243fdf80d56f781b03559fb04e800b1514334e13ee34090543066fdc0d7420d9cf7d456f01b4c9d6230d4a84b793035896c81632feeed757d0b94e1a7", "content-length": "1499"}',X'5B7B226964223A2233',1499,'valid','');
INSERT INTO "exchange" VALUES(63,10,'messages.list','2024-03-01T12:00:00.000Z',8.17054999970423523336e-04,X'7B22616374696F6E22',83,200,'{"content-type": "application/json", "x-smccsdk-signature": "b630d696fa203589ef1622c86ec0849eefc6839183595d648c8ffd9c31084f92f8bfaf8a37bbc785462cbc69a88ca137b8b8c1423a5e6736797496ff32673e8b", "content-length": "3443"}',X'5B7B226964223A2231',3443,'valid','');
INSERT INTO "exchange" VALUES(64,10,'private_messages.list','2024-03-01T12:00:00.000Z',4.19543999669258482754e-04,X'7B22616374696F6E22',91,200,'{"content-type": "application/json", "x-smccsdk-signature": "a95ce1cadc8d93c639349b269d794f5daea9baffbb00427145e742ce033966d36c27c99627923cbb527c442da949d317a2bb109dc85c874e8adcfc414576ca23", "content-length": "1184"}',X'5B7B226964223A2231',1184,'valid','');
CREATE TABLE identity (
	id INTEGER NOT NULL, 
	source_id INTEGER NOT NULL, 
	foreign_id TEXT NOT NULL, 
	screenname TEXT NOT NULL, 
	firstname TEXT, 
	lastname TEXT, 
	avatar_url TEXT, 
	email TEXT, 
	home_phone TEXT, 
	mobile_phone TEXT, 
	gender TEXT, 
	puppetizable BOOLEAN NOT NULL, 
	created_at TEXT, 
	updated_at TEXT, 
	context_data TEXT, 
	CONSTRAINT pk_identity PRIMARY KEY (id), 
	CONSTRAINT fk_identity_source_id FOREIGN KEY(source_id) REFERENCES source (id), 
	CONSTRAINT uq_identity_source_id_foreign_id UNIQUE (source_id, foreign_id)
);
INSERT INTO "identity" VALUES(1,1,'jun','Jun 準',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,'2023-05-04T12:00:00Z','2024-02-18T12:00:00Z',NULL);
INSERT INTO "identity" VALUES(2,1,'42','Élodie','Élodie','Müller','https://shop.example/avatars/42.png','elodie@example.com',NULL,NULL,NULL,0,'2023-05-04T12:00:00Z','2024-02-18T12:00:00Z',NULL);
INSERT INTO "identity" VALUES(3,1,'marc','marc_75','Marc',NULL,NULL,NULL,NULL,NULL,NULL,0,'2023-05-04T12:00:00Z','2024-02-18T12:00:00Z',NULL);
INSERT INTO "identity" VALUES(4,1,'agent','The shop',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'2023-05-04T12:00:00Z','2024-02-18T12:00:00Z',NULL);
INSERT INTO "identity" VALUES(5,3,'jun','Jun 準',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,'2023-05-04T12:00:00Z','2024-02-18T12:00:00Z',NULL);
INSERT INTO "identity" VALUES(6,3,'42','Élodie','Élodie','Müller','https://shop.example/avatars/42.png','elodie@example.com',NULL,NULL,NULL,0,'2023-05-04T12:00:00Z','2024-02-18T12:00:00Z',NULL);
INSERT INTO "identity" VALUES(7,3,'marc','marc_75','Marc',NULL,NULL,NULL,NULL,NULL,NULL,0,'2023-05-04T12:00:00Z','2024-02-18T12:00:00Z',NULL);
INSERT INTO "identity" VALUES(8,3,'agent','The shop',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'2023-05-04T12:00:00Z','2024-02-18T12:00:00Z',NULL);
CREATE TABLE lookup (
	source_id INTEGER NOT NULL, 
	foreign_id TEXT NOT NULL, 
	asked_at TEXT, 
	CONSTRAINT pk_lookup PRIMARY KEY (source_id, foreign_id), 
	CONSTRAINT fk_lookup_source_id FOREIGN KEY(source_id) REFERENCES source (id)
);
INSERT INTO "lookup" VALUES(1,'cannot be had','2024-03-01T12:04:00.000Z');
INSERT INTO "lookup" VALUES(1,'not asked for',NULL);
CREATE TABLE outbox (
	position INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	source_id INTEGER NOT NULL, 
	object TEXT NOT NULL, 
	operation TEXT NOT NULL, 
	status TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	granted INTEGER NOT NULL, 
	error TEXT, 
	foreign_id TEXT, 
	author_id TEXT, 
	recipient_id TEXT, 
	target_id TEXT, 
	target_entry TEXT, 
	thread_id TEXT, 
	thread_entry TEXT, 
	in_reply_to_id TEXT, 
	in_reply_to_entry TEXT, 
	title TEXT, 
	body TEXT, 
	format TEXT, 
	attachments TEXT, 
	structured_content TEXT, 
	queued_at TEXT NOT NULL, 
	begun_at TEXT, 
	settled_at TEXT, 
	CONSTRAINT pk_outbox PRIMARY KEY (position), 
	CONSTRAINT fk_outbox_source_id FOREIGN KEY(source_id) REFERENCES source (id), 
	CONSTRAINT uq_outbox_id UNIQUE (id)
);
INSERT INTO "outbox" VALUES(1,'00000000000000000000000000000001',1,'messages','create','success',1,3,NULL,'sent-1','agent',NULL,NULL,NULL,'2',NULL,'7',NULL,NULL,'<p>sent</p>','html',NULL,NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:01:00.000Z','2024-03-01T12:01:00.000Z');
INSERT INTO "outbox" VALUES(2,'00000000000000000000000000000002',1,'threads','create','success',1,3,NULL,'14','agent',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'Sale 🎉','<p>sent</p>','html',NULL,NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:01:00.000Z','2024-03-01T12:01:00.000Z');
INSERT INTO "outbox" VALUES(3,'00000000000000000000000000000003',1,'messages','delete','success',1,3,NULL,NULL,NULL,NULL,'5',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:01:00.000Z','2024-03-01T12:01:00.000Z');
INSERT INTO "outbox" VALUES(4,'00000000000000000000000000000004',1,'messages','delete','delete_aborted',1,3,'expected any answer but an error, got a fatal error; the partner says: never',NULL,NULL,NULL,'8',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:01:00.000Z','2024-03-01T12:01:00.000Z');
INSERT INTO "outbox" VALUES(5,'00000000000000000000000000000005',1,'messages','unpublish','unpublish_aborted',1,3,'expected a JSON object: the content, got a fatal error; the partner says: never',NULL,NULL,NULL,'9',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:01:00.000Z','2024-03-01T12:01:00.000Z');
INSERT INTO "outbox" VALUES(6,'00000000000000000000000000000006',1,'messages','create','export_aborted',1,3,'expected a JSON object: the content, got a fatal error; the partner says: never',NULL,'agent',NULL,NULL,NULL,'3',NULL,'10',NULL,NULL,'refused for good','html',NULL,NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:01:00.000Z','2024-03-01T12:01:00.000Z');
INSERT INTO "outbox" VALUES(7,'00000000000000000000000000000007',1,'messages','create','success',1,3,NULL,NULL,'agent',NULL,NULL,NULL,'1',NULL,'11',NULL,NULL,'answered with the id of another content','html',NULL,NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:01:00.000Z','2024-03-01T12:01:00.000Z');
INSERT INTO "outbox" VALUES(8,'00000000000000000000000000000008',1,'messages','create','export_failure',3,3,'expected HTTP 2xx, got HTTP 500; the partner says: something went wrong',NULL,'agent',NULL,NULL,NULL,'1',NULL,'4',NULL,NULL,'given up after three attempts','html',NULL,NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:03:00.000Z','2024-03-01T12:03:00.000Z');
INSERT INTO "outbox" VALUES(9,'00000000000000000000000000000009',1,'messages','create','export_pending',5,6,'expected HTTP 2xx, got HTTP 503; the partner says: something went wrong',NULL,'agent',NULL,NULL,NULL,'2',NULL,'6',NULL,NULL,'granted three more','html',NULL,NULL,'2024-03-01T12:00:00.000Z','2024-03-01T12:05:00.000Z',NULL);
INSERT INTO "outbox" VALUES(10,'0000000000000000000000000000000a',1,'messages','create','export_aborted',0,3,'its content was deleted before it was ever sent',NULL,'agent',NULL,NULL,NULL,'1',NULL,NULL,NULL,NULL,'cancelled','html',NULL,NULL,'2024-03-01T12:00:00.000Z',NULL,'2024-03-01T12:00:00.000Z');
INSERT INTO "outbox" VALUES(11,'0000000000000000000000000000000b',1,'messages','create','export_pending',2,3,'expected HTTP 2xx, got HTTP 503; the partner says: something went wrong',NULL,'agent',NULL,NULL,NULL,'2',NULL,'7',NULL,NULL,'<p>begun</p>','html','[{"url": "https://shop.example/é.png"}]',NULL,'2024-03-01T12:03:00.000Z','2024-03-01T12:05:00.000Z',NULL);
INSERT INTO "outbox" VALUES(12,'0000000000000000000000000000000c',1,'private_messages','delete','success',1,3,NULL,NULL,NULL,NULL,'13',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2024-03-01T12:04:00.000Z','2024-03-01T12:05:00.000Z','2024-03-01T12:05:00.000Z');
INSERT INTO "outbox" VALUES(13,'0000000000000000000000000000000d',1,'threads','create','export_pending',0,3,NULL,NULL,'agent',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'Pending','<p>pending</p>','html',NULL,NULL,'2024-03-01T12:05:00.000Z',NULL,NULL);
INSERT INTO "outbox" VALUES(14,'0000000000000000000000000000000e',1,'messages','create','export_pending',0,3,NULL,NULL,'agent',NULL,NULL,NULL,NULL,'0000000000000000000000000000000d',NULL,NULL,NULL,'<p>in it</p>','html',NULL,NULL,'2024-03-01T12:05:00.000Z',NULL,NULL);
INSERT INTO "outbox" VALUES(15,'0000000000000000000000000000000f',1,'private_messages','create','export_pending',0,3,NULL,NULL,'agent','42',NULL,NULL,NULL,NULL,'12',NULL,NULL,'pending','text',NULL,NULL,'2024-03-01T12:05:00.000Z',NULL,NULL);
INSERT INTO "outbox" VALUES(16,'00000000000000000000000000000010',1,'messages','mark_as_solved','export_pending',0,3,NULL,NULL,'agent',NULL,'sent-1',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2024-03-01T12:05:00.000Z',NULL,NULL);
INSERT INTO "outbox" VALUES(17,'00000000000000000000000000000011',1,'messages','escalate','export_pending',0,3,NULL,NULL,'agent',NULL,'7',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2024-03-01T12:05:00.000Z',NULL,NULL);
CREATE TABLE source (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	base_uri TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	info TEXT, 
	info_at TEXT, 
	failures INTEGER NOT NULL, 
	last_started_at TEXT, 
	managed BOOLEAN NOT NULL, 
	disabled_at TEXT, 
	period FLOAT, 
	due_at FLOAT, 
	lease_owner TEXT, 
	lease_until FLOAT, 
	lease_seconds FLOAT NOT NULL, 
	fence INTEGER NOT NULL, 
	CONSTRAINT pk_source PRIMARY KEY (id), 
	CONSTRAINT uq_source_name UNIQUE (name)
);
INSERT INTO "source" VALUES(1,'shop','http://shop.example/sdk','d01b07b80094fbaf92f47eb3047d19ea','{"objects":{"threads":["list","create","reply","delete","publish","unpublish","mark_as_solved"],"messages":["list","show","create","reply","delete","publish","unpublish","mark_as_solved","escalate"],"private_messages":["list","show","create","reply","delete","escalate"]},"options":["threads.html","threads.attachments","messages.html","messages.text","messages.attachments","messages.no_title","private_messages.text","private_messages.no_title","messages.attachments"],"locales":{"default":{"mark_as_solved":"Mark as solved","escalate":"Escalate to a manager"},"fr":{"mark_as_solved":"Marquer comme résolu","escalate":"Transmettre au responsable"}}}','2024-03-01T12:05:00.000Z',0,'2024-03-01T13:00:00.000Z',1,NULL,60.0,1.79582635972803521156e+09,'process 1 on elsewhere',1.79582646485499954221e+09,210.0,7);
INSERT INTO "source" VALUES(2,'quiet','http://quiet.example/','49a1b899daf34b7275d821e71c08e8fa',NULL,NULL,0,NULL,1,NULL,NULL,1.79582625485399365429e+09,NULL,NULL,210.0,0);
INSERT INTO "source" VALUES(3,'deaf','http://deaf.example/','888e491ec5e0c8e8172b3df45ac57305','{"objects":{"threads":["list","show","create","reply","delete","publish","unpublish","mark_as_solved"],"messages":["list","show","create","reply","delete","publish","unpublish","mark_as_solved","escalate"],"private_messages":["list","show","create","reply","delete","escalate"]},"options":["threads.html","threads.attachments","messages.html","messages.text","messages.attachments","messages.no_title","private_messages.text","private_messages.no_title"],"locales":{"default":{"mark_as_solved":"Mark as solved","escalate":"Escalate to a manager"},"fr":{"mark_as_solved":"Marquer comme résolu","escalate":"Transmettre au responsable"}}}','2024-03-01T12:00:00.000Z',0,'2024-03-01T12:00:00.000Z',0,NULL,60.0,NULL,NULL,NULL,210.0,3);
CREATE INDEX ix_source_due_at ON source (due_at);
CREATE INDEX ix_content_source_id_thread_id ON content (source_id, thread_id);
CREATE INDEX ix_cycle_source_id_id ON cycle (source_id, id);
CREATE INDEX ix_outbox_source_id_status_position ON outbox (source_id, status, position);
CREATE INDEX ix_exchange_cycle_id ON exchange (cycle_id);
COMMIT;
