PRAGMA application_id = 1093813553;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE jobs (
    number   INTEGER PRIMARY KEY,
    key      TEXT NOT NULL,
    workflow TEXT NOT NULL,
    state    TEXT NOT NULL,
    seen     INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    marker   TEXT,
    sent     REAL NOT NULL DEFAULT 0,
    reserved REAL NOT NULL DEFAULT 0,
    coins    REAL NOT NULL DEFAULT 0,
    records  TEXT NOT NULL DEFAULT '[]',
    error    TEXT,
    files    TEXT
);
INSERT INTO "jobs" VALUES(1,'done','image_to_video','done',1,1,'a2e-77cyeo7356fgm',1.79578560019188165669e+09,0.0,10.0,'[{"_id": "6b09837f7c82e2e662000003", "name": "image_to_video a2e-77cyeo7356fgm", "current_status": "completed", "coins": 10, "createdAt": "2026-11-27T13:19:59.196Z", "updatedAt": "2026-11-27T13:20:15.798Z", "failed_message": "", "failed_code": "", "result_url": "https://results.example.com/results/6b09837f7c82e2e662000003/0.mp4"}]',NULL,NULL);
INSERT INTO "jobs" VALUES(2,'image_to_video-0afa0ebeb14ef2ec7afc4bee','image_to_video','done',1,1,'a2e-quuvwxfxdauic',1795785600.19707,0.0,10.0,'[{"_id": "6b09837f2381332876000006", "name": "image_to_video a2e-quuvwxfxdauic", "current_status": "completed", "coins": 10, "createdAt": "2026-11-27T13:19:59.196Z", "updatedAt": "2026-11-27T13:20:21.049Z", "failed_message": "", "failed_code": "", "result_url": "https://results.example.com/results/6b09837f2381332876000006/0.mp4"}]',NULL,NULL);
INSERT INTO "jobs" VALUES(3,'failed','image_to_video','failed',1,1,'a2e-t6jpizxsh4uyu',1.79578560019713330273e+09,0.0,10.0,'[{"_id": "6b09837ffc40212ef7000008", "name": "image_to_video a2e-t6jpizxsh4uyu", "current_status": "failed", "coins": 10, "createdAt": "2026-11-27T13:19:59.196Z", "updatedAt": "2026-11-27T13:20:19.449Z", "failed_message": "The generation failed.", "failed_code": "GENERATION_FAILED", "result_url": ""}]','{"type": "TaskFailed", "message": "The generation failed."}',NULL);
INSERT INTO "jobs" VALUES(4,'image_to_video-cf08b4128c1ccee1dcfd955d','image_to_video','done',1,1,'a2e-ywvqiqnj5bh3w',1.79578560067970538138e+09,10.0,10.0,'[{"_id": "6b09837fb4fb97d43500000a", "name": "image_to_video a2e-ywvqiqnj5bh3w", "current_status": "completed", "coins": 10, "createdAt": "2026-11-27T13:19:59.196Z", "updatedAt": "2026-11-27T13:20:12.261Z", "failed_message": "", "failed_code": "", "image_url": "https://results.example.com/cdn/adam2eve/stable/user/6b09837f62d82c07cd000001/4161569f38f99eb8845f512436f9bdf9/file.png", "result_url": "https://results.example.com/results/6b09837fb4fb97d43500000a/0"}]',NULL,NULL);
INSERT INTO "jobs" VALUES(5,'uncertain','image_to_video','starting',2,0,'a2e-ftr2xh5es265y',1.79578560079701638222e+09,0.0,0.0,'[]',NULL,NULL);
INSERT INTO "jobs" VALUES(6,'accepted','image_to_video','accepted',3,1,'a2e-77aw4abyezm2q',1.79578560083702373504e+09,0.0,10.0,'[{"_id": "6b0983a912bad640fb00000c", "name": "image_to_video a2e-77aw4abyezm2q", "current_status": "processing", "coins": 10, "createdAt": "2026-11-27T13:20:41.954Z", "updatedAt": "2026-11-27T13:20:41.954Z", "failed_message": "", "failed_code": "", "result_url": ""}]',NULL,NULL);
INSERT INTO "jobs" VALUES(7,'new','image_to_video','new',4,0,NULL,1.79578560095046305651e+09,0.0,0.0,'[]',NULL,NULL);
CREATE TABLE tasks (id TEXT PRIMARY KEY, workflow TEXT NOT NULL, job INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "tasks" VALUES('6b09837f2381332876000006','image_to_video',2);
INSERT INTO "tasks" VALUES('6b09837f7c82e2e662000003','image_to_video',1);
INSERT INTO "tasks" VALUES('6b09837fb4fb97d43500000a','image_to_video',4);
INSERT INTO "tasks" VALUES('6b09837ffc40212ef7000008','image_to_video',3);
INSERT INTO "tasks" VALUES('6b0983a912bad640fb00000c','image_to_video',6);
CREATE TABLE uploads (
    sha256 TEXT NOT NULL, content_type TEXT NOT NULL, size INTEGER NOT NULL,
    url TEXT NOT NULL, made REAL NOT NULL,
    PRIMARY KEY (sha256, content_type, size)
) WITHOUT ROWID;
INSERT INTO "uploads" VALUES('a1f76d954944aa5baf6d59cbc33793432c6aed8cb308b595e15055a9e37185b7','image/png',108,'https://results.example.com/cdn/adam2eve/stable/user/6b09837f62d82c07cd000001/4161569f38f99eb8845f512436f9bdf9/file.png',1.79578560067481064798e+09);
CREATE INDEX jobs_by_key ON jobs (key, seen);
COMMIT;
