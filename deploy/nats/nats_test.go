package nats_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

var update = flag.Bool("update", false, "write the files of roles, and the table in README.md, instead of comparing them")

const plugin = "hats"

// The files are those that `selene broker credentials` writes and the rights that an embedded broker gives.
func TestFilesAreTheRoles(t *testing.T) {
	known := map[string]bool{}
	for _, r := range streams.Roles() {
		file := filepath.Join("roles", r.Name+".conf")
		known[file] = true
		if *update {
			if err := os.WriteFile(file, []byte(r.Config()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != r.Config() {
			t.Errorf("%s is not the role of the program (%v): go generate ./deploy/nats", file, err)
		}
	}
	files, err := filepath.Glob("roles/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[file] {
			t.Errorf("%s belongs to no role", file)
		}
	}
}

// installation is a nats-server with the configuration of this folder, on which the streams exist.
type installation struct {
	t      testing.TB
	url    string
	folder string // of the credentials
	conns  map[string]*nats.Conn
}

func install(t testing.TB) *installation {
	t.Helper()
	folder := t.TempDir()
	if err := streams.WriteUsers(folder, []string{plugin}); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(folder, "here"), os.DirFS("roles")); err != nil {
		t.Fatal(err)
	}
	for _, r := range streams.Roles() { // those of this folder
		if err := os.Rename(filepath.Join(folder, "here", r.Name+".conf"), filepath.Join(folder, "roles", r.Name+".conf")); err != nil {
			t.Fatal(err)
		}
	}
	config, err := os.ReadFile("nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "nats.conf"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := server.ProcessConfigFile(filepath.Join(folder, "nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	o.Host, o.Port, o.StoreDir, o.NoSigs, o.NoLog = "127.0.0.1", server.RANDOM_PORT, t.TempDir(), true, true
	o.SyncAlways = false // for speed
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(streamstest.Timeout) {
		t.Fatal("the broker does not come up")
	}
	i := &installation{t, s.ClientURL(), folder, map[string]*nats.Conn{}}
	admin := streamstest.As(t, i.options(streams.RoleAdmin))
	if _, err := settings.New(admin).Newest(streamstest.Context(t), ""); err != nil {
		t.Fatal(err)
	}
	return i
}

func (i *installation) options(role string) streams.Options {
	return streams.Options{URL: i.url, Name: role, Credentials: i.folder, Role: role}
}

// conn returns a connection with the credentials of a role and nothing else of ours.
func (i *installation) conn(role string) *nats.Conn {
	i.t.Helper()
	if nc := i.conns[role]; nc != nil {
		return nc
	}
	key, err := nats.NkeyOptionFromSeed(streams.CredentialsFile(i.folder, role))
	if err != nil {
		i.t.Fatal(err)
	}
	nc, err := nats.Connect(i.url, key, nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(nc.Close)
	i.conns[role] = nc
	return nc
}

// may reports whether a role may publish on a subject.
func (i *installation) may(role, subject string) bool {
	i.t.Helper()
	nc := i.conn(role)
	if err := nc.Publish(subject, []byte("?")); err != nil {
		i.t.Fatal(err)
	}
	return i.allowed(nc, "Publish to", subject)
}

// hears reports whether a role may subscribe.
func (i *installation) hears(role, subject string) bool {
	i.t.Helper()
	nc := i.conn(role)
	sub, err := nc.SubscribeSync(subject)
	if err != nil {
		i.t.Fatal(err)
	}
	defer sub.Unsubscribe()
	return i.allowed(nc, "Subscription to", subject)
}

// allowed reports whether the broker has not refused what was sent last. It answers in order: a refusal comes before the answer to
// Flush.
func (i *installation) allowed(nc *nats.Conn, what, subject string) bool {
	i.t.Helper()
	if err := nc.FlushTimeout(streamstest.Timeout); err != nil {
		i.t.Fatal(err)
	}
	return nc.LastError() == nil || !strings.Contains(nc.LastError().Error(), what+" "+strconv.Quote(subject))
}

func allRoles() (names []string) {
	for _, r := range streams.Roles() {
		names = append(names, r.Name)
	}
	return append(names, plugin)
}

// writable lists, for a stream, the subjects that a role would write.
func writable(stream, role, session string) []string {
	if bucket, ok := strings.CutPrefix(stream, "KV_"); ok && bucket != streams.BucketKeys {
		return []string{"$KV." + bucket + "." + role + ".x", "$KV." + bucket + ".x", "$KV." + bucket + ".run.x"}
	}
	switch stream {
	case "KV_keys":
		return []string{"$KV.keys." + session + ".file.x", "$KV.keys." + session + ".decisions"}
	case "OBJ_media":
		return []string{"$O.media.M.x", "$O.media.C.x.y"}
	case streams.Verdicts:
		return []string{"pass.verdict.d." + role + "." + session}
	case streams.RerunVerdicts:
		return []string{"rerun.r1.verdict." + role + "." + session}
	case streams.RerunFrames:
		return []string{"rerun.r1.frame." + session}
	case streams.RerunFaces:
		return []string{"rerun.r1.face." + session}
	case streams.Dead:
		out := []string{"pass.dead." + role + "." + session}
		for _, d := range []string{"reaper", "lockouts", "announce-url", "video-queue"} {
			out = append(out, "pass.dead."+d+"."+session)
		}
		return out
	case streams.Hashes:
		return []string{"pass.hash.00." + session}
	}
	return []string{"pass." + strings.TrimSuffix(strings.ToLower(stream), "s") + "." + session}
}

// rights returns what a role may do with a stream: w write, i write what was imported, r read, f follow, c consume as a worker,
// d remove messages, a create or change the stream.
func (i *installation) rights(stream, role string, durables []string) string {
	session, can := uuid.NewString(), ""
	any := func(letter string, subjects ...string) {
		for _, s := range subjects {
			if i.may(role, s) {
				can += letter
				return
			}
		}
	}
	any("w", writable(stream, role, session)...)
	if stream == streams.Verdicts || stream == streams.Decisions {
		kind := strings.TrimSuffix(strings.ToLower(stream), "s")
		any("i", "pass."+kind+".imported."+session, "pass."+kind+".imported.x."+session)
	}
	any("r", "$JS.API.STREAM.MSG.GET."+stream, "$JS.API.DIRECT.GET."+stream, "$JS.API.DIRECT.GET."+stream+".x")
	any("f", "$JS.API.CONSUMER.CREATE."+stream+".spy", "$JS.API.CONSUMER.CREATE."+stream+".spy.x", "$JS.API.CONSUMER.DURABLE.CREATE."+stream+".spy",
		"$JS.API.CONSUMER.CREATE."+stream, "$JS.API.CONSUMER.MSG.NEXT."+stream+".spy", "$JS.API.CONSUMER.DELETE."+stream+".spy",
		"$JS.API.CONSUMER.RESET."+stream+".spy", "$JS.API.CONSUMER.PAUSE."+stream+".spy", "$JS.API.CONSUMER.UNPIN."+stream+".spy")
	for _, d := range durables {
		if i.may(role, "$JS.API.CONSUMER.MSG.NEXT."+stream+"."+d) {
			can += "c"
			break
		}
	}
	any("d", "$JS.API.STREAM.PURGE."+stream, "$JS.API.STREAM.MSG.DELETE."+stream)
	any("a", "$JS.API.STREAM.CREATE."+stream, "$JS.API.STREAM.UPDATE."+stream, "$JS.API.STREAM.DELETE."+stream,
		"$JS.API.STREAM.SNAPSHOT."+stream, "$JS.API.STREAM.RESTORE."+stream, "$JS.API.STREAM.LEADER.STEPDOWN."+stream, "$JS.API.STREAM.PEER.REMOVE."+stream)
	return can
}

// Every role against every stream and bucket: README.md has what must come out.
func TestWhatEachRoleMayDo(t *testing.T) {
	i := install(t)
	durables := map[string][]string{
		streams.Frames: {"detector"}, streams.RerunFrames: {"detector"}, "KV_live": {"reaper"}, streams.Decisions: {"filelog"},
		streams.Sessions: {"filelog", "video", "video-queue", "lockouts"}, streams.Exports: {"video-export"},
		streams.Videos: {"announce-redis", "announce-command", "announce-url", "announce-webhook"},
	}
	roles := allRoles()[1:] // admin may do anything
	for _, r := range roles {
		durables[streams.Faces] = append(durables[streams.Faces], r)
		durables[streams.RerunFaces] = append(durables[streams.RerunFaces], r)
	}
	all := streams.Names()
	var table strings.Builder
	fmt.Fprintf(&table, "| | %s |\n|---|%s\n", strings.Join(roles, " | "), strings.Repeat("---|", len(roles)))
	for _, stream := range all {
		fmt.Fprintf(&table, "| `%s` |", stream)
		for _, role := range roles {
			fmt.Fprintf(&table, " %s |", i.rights(stream, role, durables[stream]))
		}
		table.WriteString("\n")
	}
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(table.String(), "|  |", "| |")
	text = strings.ReplaceAll(text, "|  |", "| |")
	const begin, end = "<!-- rights -->\n", "<!-- end of rights -->\n"
	before, rest, ok := strings.Cut(string(page), begin)
	old, after, ends := strings.Cut(rest, end)
	if !ok || !ends {
		t.Fatal("README.md has no table of rights")
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(before+begin+text+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != text {
		t.Errorf("README.md expects\n%s\nbut roles may\n%s", old, text)
	}
	for _, role := range roles { // whatever the table says
		if got := i.rights("ELSE", role, nil); got != "" {
			t.Errorf("%s may do %q with a stream that is not Selene's", role, got)
		}
	}
}

// What no role, or only one, may do, whatever the table says.
func TestWhatNoRoleMayDo(t *testing.T) {
	i, s := install(t), uuid.NewString()
	only := map[string][]string{ // by subject: who may publish there
		"pass.frame." + s:                             {streams.RoleEdge},
		"pass.face." + s:                              {"detector"},
		"pass.decision." + s:                          {"decider"},
		"pass.session." + s:                           {streams.RoleEdge, "decider"},
		"pass.inbox." + s:                             {"decider"},
		"pass.audit.x":                                {streams.RoleEdge},
		"pass.export." + s:                            {streams.RoleEdge},
		"stored.verdict.d.liveness." + s:              {},
		"$KV.settings.document":                       {streams.RoleEdge},
		"$KV.accounts.user.x":                         {streams.RoleEdge},
		"$JS.API.DIRECT.GET.KV_accounts.x":            {streams.RoleEdge},
		"$JS.API.STREAM.INFO.KV_accounts":             {streams.RoleEdge},
		"$JS.API.STREAM.INFO.KV_tickets":              {streams.RoleEdge, "video"},
		"$JS.API.STREAM.NAMES":                        {},
		"$JS.API.STREAM.LIST":                         {},
		"$JS.API.CONSUMER.CREATE.FRAMES.detector":     {"detector"},
		"$JS.API.CONSUMER.MSG.NEXT.FRAMES.detector":   {"detector"},
		"$JS.API.CONSUMER.DELETE.FRAMES.detector":     {},
		"$JS.API.CONSUMER.MSG.NEXT.FACES.liveness":    {"liveness"},
		"$JS.API.CONSUMER.CREATE.FACES.liveness":      {"liveness"},
		"$JS.API.CONSUMER.CREATE.FACES.liveness.x":    {},
		"$JS.API.CONSUMER.MSG.NEXT.KV_live.reaper":    {"decider"},
		"$JS.API.CONSUMER.MSG.NEXT.SESSIONS.lockouts": {streams.RoleEdge},
		"$JS.API.CONSUMER.DELETE.SESSIONS.video":      {},
		"$KV.keys." + s + ".frames":                   {streams.RoleEdge},
		"$KV.keys.master":                             {streams.RoleEdge},
		"$JS.API.STREAM.MSG.DELETE.KV_keys":           {streams.RoleEdge, "video"},
		"$SYS.REQ.SERVER.PING":                        {},
		"selene.decider":                              {streams.RoleEdge},
	}
	for _, role := range allRoles()[1:] {
		only["pass.verdict.d."+role+"."+s] = []string{}
		only["rerun.r1.verdict."+role+"."+s] = []string{}
		only["pass.dead."+role+"."+s] = []string{streams.RoleEdge}
		only["$KV.workers."+role+".x"] = []string{}
	}
	for _, judge := range []string{"detector", "liveness", "matcher", "active-liveness", "virtual-camera", "image-modification", "lightchallenge", plugin} {
		for _, own := range []string{"pass.verdict.d." + judge + "." + s, "rerun.r1.verdict." + judge + "." + s, "pass.dead." + judge + "." + s} {
			only[own] = append(only[own], judge)
		}
	}
	for _, worker := range []string{"detector", "liveness", "matcher", "active-liveness", "virtual-camera", "image-modification", "lightchallenge", plugin, "decider", "video", "filelog", "rerun"} {
		only["$KV.workers."+worker+".x"] = append(only["$KV.workers."+worker+".x"], worker)
	}
	only["pass.dead.filelog."+s] = append(only["pass.dead.filelog."+s], "filelog")
	only["pass.dead.video."+s] = append(only["pass.dead.video."+s], "video")
	for subject, who := range only {
		for _, role := range allRoles()[1:] {
			if got, want := i.may(role, subject), slices.Contains(who, role); got != want {
				t.Errorf("%s publishes on %s: %v, want %v", role, subject, got, want)
			}
		}
	}
	listens := map[string][]string{
		">": {}, "pass.>": {}, "pass.frame.*": {}, "pass.decision.*": {}, "stored.>": {}, "$KV.>": {}, "$O.>": {}, "_INBOX.>": {}, "_INBOX.*.>": {},
		"$JS.>": {}, "$SYS.>": {}, "rerun.>": {},
		"pass.inbox.*": {streams.RoleEdge}, "stored.verdict.*.*.*": {"decider"}, "rerun.*.verdict.*.*": {"rerun", streams.RoleRuns},
		"selene.decider": {"decider"}, "selene.describe": {"matcher"}, "selene.rerun": {"rerun"},
	}
	for _, role := range allRoles() {
		listens["_INBOX."+role+".x"] = []string{role}
	}
	for subject, who := range listens {
		for _, role := range allRoles()[1:] {
			if got, want := i.hears(role, subject), slices.Contains(who, role); got != want {
				t.Errorf("%s listens on %s: %v, want %v", role, subject, got, want)
			}
		}
	}
}

// The broker sends what somebody asks for to any subject, so a judge that could read what it wrote could have it stored as a decision.
func TestJudgesReadNothingThatTheyWrite(t *testing.T) {
	i := install(t)
	for _, role := range []string{"liveness", "matcher", "active-liveness", "image-modification", "lightchallenge", plugin, streams.RoleRuns, streams.RoleFollower, "filelog"} {
		for _, stream := range streams.Names() {
			can := i.rights(stream, role, []string{role})
			if strings.Contains(can, "w") && strings.ContainsAny(can, "rfc") {
				t.Errorf("%s may %s %s", role, can, stream)
			}
		}
	}
}
