CREATE TABLE setting (
	"key" VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY ("key")
);
CREATE TABLE record (
	id INTEGER NOT NULL, 
	uid VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	number VARCHAR NOT NULL, 
	title VARCHAR NOT NULL, 
	year INTEGER NOT NULL, 
	retention VARCHAR NOT NULL, 
	case_date VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	head VARCHAR NOT NULL, 
	accepted VARCHAR NOT NULL, 
	filed_at VARCHAR NOT NULL, 
	filed_by VARCHAR NOT NULL, 
	grounds VARCHAR NOT NULL, 
	set_aside VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (uid), 
	UNIQUE (number)
);
CREATE INDEX record_kind_year ON record (kind, year);
CREATE INDEX ix_record_state ON record (state);
CREATE TABLE revision (
	id VARCHAR NOT NULL, 
	record_uid VARCHAR NOT NULL, 
	parents VARCHAR NOT NULL, 
	change VARCHAR NOT NULL, 
	body BLOB NOT NULL, 
	arrived INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_revision_record_uid ON revision (record_uid);
CREATE INDEX ix_revision_arrived ON revision (arrived);
CREATE TABLE draft (
	uid VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	content VARCHAR NOT NULL, 
	item_id VARCHAR NOT NULL, 
	parent VARCHAR NOT NULL, 
	started_at VARCHAR NOT NULL, 
	changed_at VARCHAR NOT NULL, 
	PRIMARY KEY (uid)
);
CREATE TABLE attachment (
	sha256 VARCHAR NOT NULL, 
	file_id VARCHAR NOT NULL, 
	file_key BLOB NOT NULL, 
	size_bytes INTEGER NOT NULL, 
	pages INTEGER NOT NULL, 
	media VARCHAR NOT NULL, 
	added_at VARCHAR NOT NULL, 
	sent BOOLEAN NOT NULL, 
	texts INTEGER NOT NULL, 
	PRIMARY KEY (sha256), 
	UNIQUE (file_id)
);
CREATE INDEX attachment_unread ON attachment (added_at) WHERE texts < pages;
CREATE TABLE page_text (
	sha256 VARCHAR NOT NULL, 
	page INTEGER NOT NULL, 
	source VARCHAR NOT NULL, 
	text VARCHAR NOT NULL, 
	lines VARCHAR NOT NULL, 
	PRIMARY KEY (sha256, page)
);
CREATE TABLE inbox_item (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	size_bytes INTEGER NOT NULL, 
	pages INTEGER NOT NULL, 
	reason VARCHAR NOT NULL, 
	received_at VARCHAR NOT NULL, 
	record_uid VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_inbox_item_state ON inbox_item (state);
CREATE INDEX ix_inbox_item_sha256 ON inbox_item (sha256);
CREATE TABLE number_block (
	id INTEGER NOT NULL, 
	fonds VARCHAR NOT NULL, 
	category VARCHAR NOT NULL, 
	year INTEGER NOT NULL, 
	retention VARCHAR NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	next INTEGER NOT NULL, 
	source VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX number_block_series ON number_block (fonds, category, year, retention);
CREATE TABLE lookup (
	id INTEGER NOT NULL, 
	way VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	record_id INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_lookup_record_id ON lookup (record_id);
CREATE INDEX lookup_value ON lookup (way, value, record_id);
CREATE TABLE batch (
	id VARCHAR NOT NULL, 
	sequence INTEGER NOT NULL, 
	seal BLOB NOT NULL, 
	state VARCHAR NOT NULL, 
	want INTEGER NOT NULL, 
	sealed_at VARCHAR NOT NULL, 
	received_at VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (sequence)
);
CREATE INDEX ix_batch_state ON batch (state);
CREATE TABLE batch_revision (
	batch_id VARCHAR NOT NULL, 
	part INTEGER NOT NULL, 
	place INTEGER NOT NULL, 
	revision_id VARCHAR NOT NULL, 
	problem VARCHAR NOT NULL, 
	PRIMARY KEY (batch_id, part, place)
);
CREATE INDEX ix_batch_revision_revision_id ON batch_revision (revision_id);
CREATE TABLE decision (
	id VARCHAR NOT NULL, 
	record_uid VARCHAR NOT NULL, 
	packed BLOB NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_decision_record_uid ON decision (record_uid);
CREATE TABLE look (
	id INTEGER NOT NULL, 
	record_uid VARCHAR NOT NULL, 
	person VARCHAR NOT NULL, 
	purpose VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_look_record_uid ON look (record_uid);
CREATE VIRTUAL TABLE fulltext USING fts5(names, fields, pages, content='', contentless_delete=1, tokenize='ascii');
CREATE TABLE audit (
        sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL,
        details TEXT NOT NULL, previous BLOB NOT NULL CHECK (length(previous) = 32),
        hash BLOB NOT NULL CHECK (length(hash) = 32));
CREATE INDEX audit_subject ON audit (subject, sequence);
CREATE TABLE audit_state (
        only INTEGER PRIMARY KEY CHECK (only = 1), size INTEGER NOT NULL, chain BLOB NOT NULL, peaks BLOB NOT NULL);
CREATE TABLE audit_checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL);
CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_keeps_words BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
INSERT INTO fulltext(fulltext, rank) VALUES ('pgsz', 3900);
INSERT INTO fulltext(fulltext, rank) VALUES ('automerge', 0);
INSERT INTO fulltext(fulltext, rank) VALUES ('crisismerge', 200);
INSERT INTO audit_state VALUES (1, 0, zeroblob(32), x'');
INSERT INTO setting VALUES ('layout', '1'), ('county', '云泽县'), ('township', '青石镇'), ('township_code', '339921102'),
    ('fonds', 'J001'), ('practice', ''), ('carry.marriage', '{}');
INSERT INTO record VALUES (1, '01890a5d-ac96-774b-bcce-b302099a8057', 'marriage', 'J001-HY·1986-D100-0001', '余春梅、郭建桂结婚登记', 1986, 'D100', '1986-07-18', 'filed', '3706a925f7fb6ac273281cd593d9df32c5759c65887df8104f1bbef32795665f', '', '2026-03-02T04:00:00.000Z', '陈晓兰', '[]', '');
INSERT INTO revision VALUES ('3706a925f7fb6ac273281cd593d9df32c5759c65887df8104f1bbef32795665f', '01890a5d-ac96-774b-bcce-b302099a8057', '', 'put', CAST('{"attachments":[],"fields":{"access":"控制","author":"云泽县民政局","cert_no":"J339921-1986-106928","foreign":"否","husband.id_no":"339921194601274773","husband.name":"余春梅","husband.status_before":"未婚","husband.village":"云泽县青石镇双溪村","medium":"双套","office":"云泽县民政局婚姻登记处","reg_date":"1986-07-18","security":"内部","type":"初婚","wife.id_no":"339921195108282520","wife.name":"郭建桂","wife.status_before":"未婚","wife.village":"云泽县青石镇石桥村"},"filed":{"at":"2026-03-02T04:00:00.000Z","by":"陈晓兰"},"kind":"marriage","kind_version":1,"layout":1,"normal":{"husband.birth":{"precision":"day","value":"1946-01-27"},"husband.id_no":{"value":"339921194601274773"},"husband.sex":{"value":"男"},"reg_date":{"precision":"day","value":"1986-07-18"},"wife.birth":{"precision":"day","value":"1951-08-28"},"wife.id_no":{"value":"339921195108282520"},"wife.sex":{"value":"女"}},"number":"J001-HY·1986-D100-0001","origin":"paper","papers":[],"reasons":{"papers.declaration":"原件如此","papers.household_copies":"原件如此","papers.id_copies":"原件如此","papers.review_form":"原件如此"},"title":"余春梅、郭建桂结婚登记"}' AS BLOB), 1);
INSERT INTO lookup VALUES (1, 'number', 'j001hy1986d1000001', 1);
INSERT INTO number_block VALUES (1, 'J001', 'HY', 1986, 'D100', 1, 9999999, 2, 'own');
