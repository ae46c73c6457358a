package streams

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Role says what one kind of process may do on a broker with users. Deny is stronger than Publish. Every role besides admin has an
// inbox prefix of its own, so that none receives the answers to another.
type Role struct {
	Name, About string

	Publish, Deny, Subscribe []string

	durables map[string][]string // consumers that the role shares with others of its kind, by stream
}

// The roles that are not workers.
const (
	RoleAdmin    = "admin"
	RoleEdge     = "edge"
	RoleRuns     = "runs"
	RoleFollower = "follower"
)

var roleName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,47}$`)

// CheckRole returns an error unless a name can be that of a role: a worker's, or one that [Roles] lists.
func CheckRole(name string) error {
	if !roleName.MatchString(name) {
		return fmt.Errorf("the role must be 1 to 48 lowercase letters, digits and dashes, not %.60q", name)
	}
	return nil
}

// RoleOf returns the role with a name. One that is not built in is a plugin: a worker that judges faces under that name.
func RoleOf(name string) (Role, error) {
	if err := CheckRole(name); err != nil {
		return Role{}, err
	}
	for _, r := range Roles() {
		if r.Name == name {
			return r, nil
		}
	}
	return newRole(name, "a plugin, which judges faces", judge(name)), nil
}

// inboxPrefix returns the prefix of the subjects on which a role receives answers.
func inboxPrefix(role string) string { return "_INBOX." + role }

// manages reports whether the role may create and change any stream.
func (r Role) manages() bool { return r.Name == "" || r.Name == RoleAdmin }

// knows reports whether the role may use a stream at all.
func (r Role) knows(stream string) bool {
	return r.manages() || slices.Contains(r.Publish, infoSubject(stream))
}

// creates reports whether the role may create a stream that the broker has lost.
func (r Role) creates(stream string) bool {
	return r.manages() || slices.Contains(r.Publish, createSubject(stream))
}

// Config returns the permissions in the syntax of nats-server, for a file to include in a user.
func (r Role) Config() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\npermissions: {\n  publish: {\n", r.Name, r.About)
	list := func(indent, name string, subjects []string) {
		fmt.Fprintf(&b, "%s%s: [\n", indent, name)
		for _, s := range subjects {
			fmt.Fprintf(&b, "%s  %q\n", indent, s)
		}
		fmt.Fprintf(&b, "%s]\n", indent)
	}
	list("    ", "allow", r.Publish)
	if len(r.Deny) > 0 {
		list("    ", "deny", r.Deny)
	}
	b.WriteString("  }\n")
	list("  ", "subscribe", r.Subscribe)
	b.WriteString("}\n")
	return b.String()
}

// newRole returns a role with rights, and with those that every role needs.
func newRole(name, about string, rights ...right) Role {
	r := Role{Name: name, About: about, durables: map[string][]string{}}
	r.publishes("$JS.API.INFO")
	r.subscribes(inboxPrefix(name) + ".>")
	for _, grant := range rights {
		grant(&r)
	}
	return r
}

func (r *Role) publishes(subjects ...string) { r.Publish = appendNew(r.Publish, subjects) }

func (r *Role) subscribes(subjects ...string) { r.Subscribe = appendNew(r.Subscribe, subjects) }

func appendNew(to, more []string) []string {
	for _, s := range more {
		if !slices.Contains(to, s) {
			to = append(to, s)
		}
	}
	return to
}

const api = "$JS.API."

func infoSubject(stream string) string   { return api + "STREAM.INFO." + stream }
func createSubject(stream string) string { return api + "STREAM.CREATE." + stream }

// right is a part of a role.
type right func(*Role)

// rights combines rights.
func rights(all ...right) right {
	return func(r *Role) {
		for _, grant := range all {
			grant(r)
		}
	}
}

// says lets a role publish on subjects.
func says(subjects ...string) right { return func(r *Role) { r.publishes(subjects...) } }

// hears lets a role receive what is published on subjects.
func hears(subjects ...string) right { return func(r *Role) { r.subscribes(subjects...) } }

// writes lets a role write the keys of a bucket that match a pattern. It may look at the bucket's state.
func writes(bucket, keys string) right {
	return says(bucketPrefix+bucket+"."+keys, infoSubject(BucketStream(bucket)))
}

// reads lets a role read single messages of streams. Only buckets and the object store can be read directly, which sends a
// message as it is stored.
func reads(names ...string) right {
	return func(r *Role) {
		for _, s := range names {
			r.publishes(infoSubject(s), api+"STREAM.MSG.GET."+s)
			if strings.HasPrefix(s, "KV_") || strings.HasPrefix(s, "OBJ_") {
				r.publishes(api+"DIRECT.GET."+s, api+"DIRECT.GET."+s+".>")
			}
		}
	}
}

// follows lets a role read streams in order, with consumers of its own, as well as single messages.
func follows(names ...string) right {
	return func(r *Role) {
		reads(names...)(r)
		for _, s := range names {
			r.publishes(
				api+"CONSUMER.CREATE."+s+".>", api+"CONSUMER.INFO."+s+".*", api+"CONSUMER.DELETE."+s+".*",
				api+"CONSUMER.MSG.NEXT."+s+".*", "$JS.FC."+s+".>",
			)
		}
	}
}

// works lets a role share durable consumers of a stream with others of its kind, and set messages aside in their names.
func works(stream string, durables ...string) right {
	return func(r *Role) {
		r.publishes(infoSubject(stream))
		for _, d := range durables {
			r.durables[stream] = append(r.durables[stream], d)
			r.publishes(
				api+"CONSUMER.CREATE."+stream+"."+d, api+"CONSUMER.INFO."+stream+"."+d, api+"CONSUMER.MSG.NEXT."+stream+"."+d,
				"$JS.ACK."+stream+"."+d+".>", Subject(KindDead, d, "*"),
			)
		}
	}
}

// purges lets a role remove messages of streams.
func purges(names ...string) right {
	return func(r *Role) {
		for _, s := range names {
			r.publishes(infoSubject(s), api+"STREAM.PURGE."+s, api+"STREAM.MSG.DELETE."+s)
		}
	}
}

// serves lets a role answer the requests of others.
func serves(s Service, askers ...string) right {
	return func(r *Role) {
		r.subscribes(s.subject, "$SRV.*", "$SRV.*."+s.name, "$SRV.*."+s.name+".*")
		for _, a := range askers {
			r.publishes(inboxPrefix(a) + ".>")
		}
	}
}

// asks lets a role request services.
func asks(services ...Service) right {
	return func(r *Role) {
		for _, s := range services {
			r.publishes(s.subject)
		}
	}
}

// registers lets a worker announce that it runs.
func registers(worker string) right { return writes(BucketWorkers, worker+".*") }

// keepApart denies each role the durable consumers of other roles, where it may have consumers of any name, and the removal of its own.
func keepApart(roles []Role) {
	for i := range roles {
		r := &roles[i]
		for _, other := range roles {
			for _, stream := range slices.Sorted(maps.Keys(other.durables)) {
				if !slices.Contains(r.Publish, api+"CONSUMER.DELETE."+stream+".*") {
					continue
				}
				for _, d := range other.durables[stream] {
					r.Deny = appendNew(r.Deny, []string{api + "CONSUMER.DELETE." + stream + "." + d})
					if other.Name == r.Name {
						continue
					}
					r.Deny = appendNew(r.Deny, []string{
						api + "CONSUMER.CREATE." + stream + "." + d, api + "CONSUMER.CREATE." + stream + "." + d + ".>",
						api + "CONSUMER.MSG.NEXT." + stream + "." + d,
					})
				}
			}
		}
		slices.Sort(r.Deny)
	}
}
