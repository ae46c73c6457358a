package streams

import "github.com/selene-liveness/selene/schemas"

// Roles returns every built-in role, each of which knows no more than what its processes do. deploy/nats has them as files.
//
// The broker does not check to whom it sends what somebody asks for: who may read a stream as it is stored can have a message of
// it sent to any subject. Therefore no judge may read a stream or bucket that it writes.
func Roles() []Role {
	settings, registry, keys := BucketStream(BucketSettings), BucketStream(BucketWorkers), BucketStream(BucketKeys)
	all := []Role{
		{Name: RoleAdmin, About: "creates and changes streams; for no process that is reached from outside", Publish: []string{">"}, Subscribe: []string{">"}},
		newRole(RoleEdge, "the doors: sessions, the REST API and the web pages", edge()),
		newRole(
			schemas.WorkerDetector, "finds faces in frames, and judges frames",
			verdicts(schemas.WorkerDetector), registers(schemas.WorkerDetector),
			says(Subject(KindFace, "*"), rerunPrefix+"*."+string(KindFace)+".*"),
			works(Frames, schemas.WorkerDetector), works(RerunFrames, schemas.WorkerDetector),
			reads(settings, keys), follows(registry),
		),
		newRole(schemas.WorkerLiveness, "judges faces", judge(schemas.WorkerLiveness), reads(keys)),
		newRole(
			schemas.WorkerMatcher, "judges faces, and describes reference faces",
			judge(schemas.WorkerMatcher), reads(keys), serves(ServiceDescriber, RoleEdge, workerRerun, RoleRuns),
		),
		newRole(schemas.WorkerActiveLiveness, "judges faces", judge(schemas.WorkerActiveLiveness), reads(keys)),
		newRole(schemas.WorkerLightChallenge, "judges faces", judge(schemas.WorkerLightChallenge), reads(keys)),
		newRole(
			schemas.WorkerVirtualCamera, "judges faces, and notes which session showed which image",
			judge(schemas.WorkerVirtualCamera), reads(Frames, RerunFrames, Hashes, keys), says(Subject(KindHash, "*", "*")),
		),
		newRole(
			schemas.WorkerImageModification, "judges faces and the frames that they were found in",
			judge(schemas.WorkerImageModification), reads(Frames, RerunFrames, keys),
		),
		newRole(
			"decider", "joins verdicts to decisions, and ends sessions that went silent",
			registers("decider"), serves(ServiceDecider, RoleEdge), hears(storedVerdicts("*")),
			says(Subject(KindDecision, "*"), Subject(KindSession, "*"), inbox("*"), bucketPrefix+BucketKeys+".*."+string(ClassDecisions)),
			reads(Decisions, settings, keys, BucketStream(BucketLive)), works(BucketStream(BucketLive), "reaper"),
		),
		newRole("video", "encodes videos and exports, announces them, and removes what is kept no longer", video()),
		newRole(
			"filelog", "writes the frames of sessions to files",
			registers("filelog"), works(Decisions, "filelog"), works(Sessions, "filelog"), reads(Frames, Decisions, settings, keys),
		),
		newRole(
			workerRerun, "judges stored sessions again when an edge asks",
			registers(workerRerun), serves(ServiceRerunner, RoleEdge), runs(),
			follows(Frames, Verdicts, Decisions, Sessions, Videos), reads(Hashes, settings, keys, mediaStream), marks(),
		),
		newRole(RoleRuns, "`selene rerun --nats`: judges recordings again", runs()),
		newRole(RoleFollower, "follows what happens to sessions, without pictures", follows(Sessions, Decisions, Videos)),
	}
	keepApart(all)
	return all
}

// workerRerun is the name of the worker that judges stored sessions again.
const workerRerun = "rerun"

// verdicts lets a worker judge under its own name.
func verdicts(worker string) right {
	return says(Subject(KindVerdict, "*", worker, "*"), rerunPrefix+"*."+string(KindVerdict)+"."+worker+".*")
}

// judge is what a worker that judges faces needs, and all that a plugin gets.
func judge(worker string) right {
	return rights(
		verdicts(worker), registers(worker), works(Faces, worker), works(RerunFaces, worker), reads(BucketStream(BucketSettings)),
	)
}

// runs lets a role judge recordings again, apart from live sessions.
func runs() right {
	return rights(
		says(rerunPrefix+"*."+string(KindFrame)+".*"), writes(BucketSettings, "run.*"), follows(BucketStream(BucketWorkers)),
		asks(ServiceDescriber), hears(rerunPrefix+"*."+string(KindVerdict)+".*.*"),
	)
}

// marks lets a role mark objects as being read or written.
func marks() right {
	readers := BucketStream(BucketReaders)
	return rights(writes(BucketReaders, ">"), reads(readers), purges(readers))
}

// edge is everything about sessions besides judging them.
func edge() right {
	kinds := []string{Frames, Verdicts, Decisions, Sessions, Videos, Announcements, Audit, Dead, Hashes, Exports}
	var kept, queues []string
	for _, b := range []string{
		BucketSettings, BucketLive, BucketTickets, BucketExports, BucketAccounts, BucketLogins, BucketUIConfigs, BucketStats,
		BucketWebhooks, BucketLockouts, BucketKeys,
	} {
		kept = append(kept, BucketStream(b))
	}
	lists := []right{}
	for _, s := range append([]string{Faces, RerunFrames, RerunFaces, RerunVerdicts, BucketStream(BucketLive)}, kinds...) {
		queues = append(queues, api+"CONSUMER.LIST."+s, api+"CONSUMER.INFO."+s+".*", infoSubject(s))
	}
	for _, b := range kept {
		lists = append(lists, says(bucketPrefix+b[len("KV_"):]+".>"))
	}
	return rights(
		asks(ServiceDecider, ServiceDescriber, ServiceRerunner, ServiceFlusher), hears(inbox("*")),
		says(
			Subject(KindFrame, "*"), Subject(KindSession, "*"), Subject(KindVideo, "*"), Subject(KindExport, "*"), Subject(KindAudit, "*"),
			Subject(KindVerdict, "imported", "*", "*"), Subject(KindDecision, "imported", "*"), Subject(KindDead, "*", "*"),
		),
		follows(kinds...), follows(kept...), follows(BucketStream(BucketWorkers)), rights(lists...), says(queues...),
		works(Sessions, "lockouts", "seals", "anchors"), // those of webhooks have names that nobody knows beforehand
		says("$JS.ACK."+Sessions+".>", "$JS.ACK."+Decisions+".>", "$JS.ACK."+Videos+".>"),
		purges(Frames, Faces, Verdicts, Decisions, Sessions, Videos, Announcements, Dead, Hashes, Exports),
		purges(BucketStream(BucketLive), BucketStream(BucketTickets)), says(overwrites(BucketStream(BucketKeys))), marks(), keepsMedia(),
		// A broker that was restarted has lost what it kept in memory.
		says(createSubject(Faces), createSubject(RerunFrames), createSubject(RerunFaces), createSubject(RerunVerdicts)),
	)
}

// overwrites is the subject on which single messages of a stream are deleted.
func overwrites(stream string) string { return api + "STREAM.MSG.DELETE." + stream }

// keepsMedia lets a role read and write objects.
func keepsMedia() right {
	return rights(says("$O."+storeMedia+".>"), follows(mediaStream), purges(mediaStream))
}

// mediaStream is the stream behind the object store of media.
const mediaStream = "OBJ_" + storeMedia

func video() right {
	exports := BucketStream(BucketExports)
	return rights(
		registers("video"), marks(), keepsMedia(),
		says(Subject(KindVideo, "*"), Subject(KindAnnouncement, "*")), writes(BucketExports, ">"),
		follows(Frames, Verdicts, Decisions, Sessions, Videos, exports),
		reads(BucketStream(BucketSettings), BucketStream(BucketLive), Announcements, Exports),
		works(Sessions, "video", "video-queue"), works(Exports, "video-export"),
		works(Videos, "announce-redis", "announce-command", "announce-url", "announce-webhook"),
		purges(Frames, Videos, Announcements, Exports),
		says(infoSubject(BucketStream(BucketTickets))), // whether a session's key still encrypts anything there
		// Each file has a key of its own, which is destroyed with it.
		follows(BucketStream(BucketKeys)), says(bucketPrefix+BucketKeys+".*."+string(ClassFile)+".*", overwrites(BucketStream(BucketKeys))),
		follows(Dead), says(overwrites(Verdicts), overwrites(Dead)), // those that no key encrypts
	)
}
