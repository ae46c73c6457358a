package schemas

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rule is what one setting means and which values it can have. Validate and SettingsSchema read the same ones.
type rule struct {
	title  string
	about  string
	bounds []float64 // of a number: lowest and highest
	not0   bool      // 0 is not allowed, though within the bounds
	enum   []string  // of a string, or of each item of a list, which then has each once
	shape  *regexp.Regexp
	want   string // what shape asks for, in words
	secret bool
}

var (
	fraction = []float64{0, 1}
	pixels   = []float64{0, 16384}
	degrees  = []float64{0, 90}
	switched = []float64{-1, 1_000_000}
	seconds  = []float64{0, 1_000_000_000}

	// Escaped so that the pattern attribute of HTML, which is stricter, takes them too.
	workerName = regexp.MustCompile(`^[a-z][a-z0-9\-]{0,62}$`)
	queueName  = regexp.MustCompile(`^[^\{\} \t\r\n]{1,128}$`)
	oneWord    = regexp.MustCompile(`^\S+$`)
)

// rules are by path; * stands for each item of a list of objects.
var rules = map[string]rule{
	"env": {title: "Environment", about: "development shows clients every estimation and allows a weak token key; production does not", enum: []string{"development", "production"}},

	"session":                          {title: "Session", about: "the rules over the frames of a session"},
	"session.max_attempts":             {title: "Attempts", about: "frames judged at most; -1 = no limit", bounds: switched, not0: true},
	"session.max_liveness_attempts":    {title: "Liveness attempts", about: "frames that reach liveness at most; -1 = no limit", bounds: switched, not0: true},
	"session.aggregate_frames":         {title: "Frames of a pass", about: "accepted frames that a pass is decided over", bounds: []float64{1, 100}},
	"session.accept_one_eye_open":      {title: "One open eye is enough", about: "accept a face with one eye closed"},
	"session.previous_face_similarity": {title: "Same face", about: "similarity with the face of the frame before, from which it is the same person; 0 = off", bounds: fraction},
	"session.reference_similarity":     {title: "Reference face", about: "similarity from which a reference face counts as matched", bounds: fraction},
	"session.multiface_policy":         {title: "Several faces", about: "0 = exactly one face is allowed, 1 = take the largest, 2 = take the nearest to the centre", bounds: []float64{0, 2}},

	"roi":          {title: "Region of interest", about: "the part of the frame where the face shall be; up to 1 fractions of the frame, above 1 pixels"},
	"roi.center_x": {title: "Centre, across", about: "from the left; up to 1 a fraction, above 1 pixels", bounds: pixels},
	"roi.center_y": {title: "Centre, down", about: "from the top; up to 1 a fraction, above 1 pixels", bounds: pixels},
	"roi.width":    {title: "Width", about: "up to 1 a fraction, above 1 pixels", bounds: pixels},
	"roi.height":   {title: "Height", about: "up to 1 a fraction, above 1 pixels", bounds: pixels},

	"thresholds":                    {title: "Checks", about: "the limits of the single checks; scores are from 0 to 1 with 1 = fine"},
	"thresholds.blur":               {title: "Sharpness", about: "the least score", bounds: fraction},
	"thresholds.light":              {title: "Over-exposure", about: "the least score", bounds: fraction},
	"thresholds.dark":               {title: "Darkness", about: "the least score", bounds: fraction},
	"thresholds.illumination":       {title: "Even light", about: "the least score", bounds: fraction},
	"thresholds.specularity":        {title: "Glare", about: "the least score", bounds: fraction},
	"thresholds.frame_width":        {title: "Frame width", about: "pixels at least; 0 = any", bounds: pixels},
	"thresholds.frame_height":       {title: "Frame height", about: "pixels at least; 0 = any", bounds: pixels},
	"thresholds.margin":             {title: "Margin", about: "pixels between face and rim of the frame at least; 0 = any", bounds: pixels},
	"thresholds.face_share":         {title: "Share of the face", about: "of the frame's width or height that the face may take at most", bounds: []float64{0.01, 1}},
	"thresholds.face_width":         {title: "Face width", about: "pixels at least", bounds: pixels},
	"thresholds.face_height":        {title: "Face height", about: "pixels at least", bounds: pixels},
	"thresholds.yaw":                {title: "Yaw", about: "degrees the head may be turned to a side", bounds: degrees},
	"thresholds.pitch":              {title: "Pitch", about: "degrees the head may be raised or lowered", bounds: degrees},
	"thresholds.roll":               {title: "Roll", about: "degrees the head may be tilted", bounds: degrees},
	"thresholds.mouth":              {title: "Mouth", about: "score from which a state of the mouth counts", bounds: fraction},
	"thresholds.mouth_states":       {title: "Mouth states", about: "allowed besides a closed mouth", enum: []string{"opened", "smile", "occluded"}},
	"thresholds.glasses":            {title: "Glasses", about: "what is allowed", enum: []string{"no_glasses", "eyeglasses", "sunglasses"}},
	"thresholds.ags":                {title: "General quality", about: "the least score; null = off", bounds: fraction},
	"thresholds.liveness":           {title: "Liveness", about: "the least score", bounds: fraction},
	"thresholds.deepfake":           {title: "Deepfake", about: "the least score; 0 = off", bounds: fraction},
	"thresholds.image_modification": {title: "Image modification", about: "the least score; 0 = off, above it the worker image-modification is required", bounds: fraction},

	"active_liveness":                       {title: "Active liveness", about: "the actions a person is asked for"},
	"active_liveness.is_enabled":            {title: "On", about: "ask for actions"},
	"active_liveness.cooldown_frames_count": {title: "Frames between actions", about: "judged after an action before the next is asked for", bounds: []float64{0, 1000}},
	"active_liveness.interaction_list":      {title: "Actions", about: "that may be asked for", enum: []string{ActionBlink, ActionYawLeft, ActionYawRight, ActionPitchUp, ActionPitchDown}},
	"active_liveness.interaction_count":     {title: "Number of actions", about: "of the list that are asked for; not more than it has", bounds: []float64{1, 5}},
	"active_liveness.interaction_order":     {title: "Order", about: "drawn for each session, or that of the list", enum: []string{"random", "sequential"}},
	"active_liveness.yaw_start_deg":         {title: "Yaw to start from", about: "degrees within which the head looks straight, sideways", bounds: []float64{1, 90}},
	"active_liveness.yaw_threshold_deg":     {title: "Yaw to reach", about: "degrees; not less than the yaw to start from", bounds: []float64{1, 90}},
	"active_liveness.pitch_start_deg":       {title: "Pitch to start from", about: "degrees within which the head looks straight, up and down", bounds: []float64{1, 90}},
	"active_liveness.pitch_threshold_deg":   {title: "Pitch to reach", about: "degrees; not less than the pitch to start from", bounds: []float64{1, 90}},
	"active_liveness.step_min_seconds":      {title: "Quickest action", about: "seconds; one done sooner was not done by a person", bounds: []float64{0, 60}},
	"active_liveness.step_timeout_seconds":  {title: "Slowest action", about: "seconds; one that takes longer begins anew; 0 = no limit", bounds: []float64{0, 3600}},

	"virtual_camera_checker":            {title: "Virtual cameras", about: "what becomes of sessions whose frames do not seem to come from a camera"},
	"virtual_camera_checker.is_enabled": {title: "On", about: "look for signs of a virtual camera"},
	"virtual_camera_checker.policy":     {title: "Policy", about: "log notes it, reject ends the session and requires the worker virtual-camera", enum: []string{"log", "reject"}},
	"virtual_camera_checker.denylist":   {title: "Denied cameras", about: "parts of camera labels, in any case"},

	"file_logger":            {title: "Log on disk", about: "every frame and its results in files"},
	"file_logger.is_enabled": {title: "On", about: "write sessions to disk"},
	"file_logger.path":       {title: "Folder", about: "relative to the folder the file logger was started with"},

	"video":                 {title: "Video", about: "how a session's frames become a file"},
	"video.codec":           {title: "Codec", about: "of the file", enum: []string{CodecH265, CodecH264, CodecVP9}},
	"video.frames_limit":    {title: "Frames", about: "0 = all, else the last so many", bounds: []float64{0, 1_000_000}},
	"video.expires":         {title: "Unused frames", about: "seconds they are kept", bounds: seconds},
	"video.result_ttl":      {title: "Finished exports", about: "seconds they, their files and the hashes in Redis are kept; 0 = as long as the states of videos, hashes for ever", bounds: seconds},
	"video.session_timeout": {title: "Silence", about: "seconds after which a silent session is over", bounds: []float64{1, 86400}},
	"video.bitrate":         {title: "Bit rate", about: "kbit/s, rounded down to a rung of 200 to 16000; 0 = by quality", bounds: []float64{0, maxBitrate}},
	"video.crf":             {title: "Quality", about: "constant rate factor, 1 = best, up to 51, for VP9 up to 63; 0 = the codec's default; not together with a bit rate", bounds: []float64{0, maxCRFVP9}},
	"video.frame_rate":      {title: "Frame rate", about: "frames a second, constant; 0 = each is shown from when it arrived", bounds: []float64{0, maxVideoRate}},
	"video.fragmented":      {title: "Fragmented", about: "mp4 that can be played while it grows; not with VP9"},
	"video.canvas":          {title: "Size", about: "that of the first frame or of the largest", enum: []string{CanvasFirst, CanvasLargest}},

	"video_redis":                      {title: "Redis", about: "where finished videos are announced"},
	"video_redis.is_enabled":           {title: "On", about: "announce finished videos"},
	"video_redis.queue_name":           {title: "Queue", about: "name of the key", shape: queueName, want: "must have 1 to 128 characters without spaces and braces"},
	"video_redis.queue_type":           {title: "Kind of queue", about: "list or stream", enum: []string{RedisList, RedisStream}},
	"video_redis.host":                 {title: "Host", about: "name or address of the machine", shape: oneWord, want: "must be the name or address of the machine"},
	"video_redis.port":                 {title: "Port", about: "of the machine", bounds: []float64{1, 65535}},
	"video_redis.number":               {title: "Database", about: "its number; 0 with a cluster", bounds: []float64{0, maxDatabase}},
	"video_redis.user":                 {title: "User", about: "empty = the default user"},
	"video_redis.password":             {title: "Password", about: "of the user", secret: true},
	"video_redis.tls":                  {title: "TLS", about: "encrypt the connection"},
	"video_redis.sentinel":             {title: "Sentinel", about: "which Sentinels know the master; without any, the host is the master"},
	"video_redis.sentinel.master_name": {title: "Master", about: "the name that the Sentinels know it by"},
	"video_redis.sentinel.sentinels":   {title: "Sentinels", about: "each host:port"},
	"video_redis.sentinel.user":        {title: "User", about: "of the Sentinels"},
	"video_redis.sentinel.password":    {title: "Password", about: "of the Sentinels", secret: true},
	"video_redis.cluster":              {title: "Cluster", about: "host:port of some nodes; empty = no cluster"},

	"workers":            {title: "Workers", about: "that judge the sessions' faces; liveness, matcher and active-liveness are required or left out"},
	"workers.*.name":     {title: "Name", about: "lower-case letters, digits, dashes; each once", shape: workerName, want: "must be the name of a worker (lower-case letters, digits, dashes), each once, and not detector"},
	"workers.*.required": {title: "Required", about: "the decision waits for it"},
	"workers.*.timeout":  {title: "Patience", about: "seconds the decision waits at most", bounds: []float64{0.1, 60}},
}

// checkRules checks every value by its own rule and returns a *DocumentError for the first that breaks it.
func checkRules(v reflect.Value, path, name string) error {
	r := rules[name]
	sub := func(base, key string) string { return strings.TrimPrefix(base+"."+key, ".") }
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return checkRules(v.Elem(), path, name)
	case reflect.Struct:
		for field, value := range v.Fields() {
			key := field.Tag.Get("json")
			if err := checkRules(value, sub(path, key), sub(name, key)); err != nil {
				return err
			}
		}
	case reflect.Slice:
		if r.enum != nil {
			return eachOneOf(path, v.Interface().([]string), r.enum...)
		}
		for i := range v.Len() {
			if err := checkRules(v.Index(i), sub(path, strconv.Itoa(i)), sub(name, "*")); err != nil {
				return err
			}
		}
	case reflect.Int:
		return r.number(path, float64(v.Int()))
	case reflect.Float64:
		return r.number(path, v.Float())
	case reflect.String:
		if r.enum != nil {
			return oneOf(path, v.String(), r.enum...)
		}
		if r.shape != nil && !r.shape.MatchString(v.String()) {
			return invalid(path, r.want)
		}
	}
	return nil
}

func (r rule) number(path string, v float64) error {
	if r.bounds == nil || v >= r.bounds[0] && v <= r.bounds[1] && (v != 0 || !r.not0) {
		return nil
	}
	plain := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	if r.not0 {
		return invalid(path, fmt.Sprintf("must be from 1 to %s, or %s for no limit, not %s", plain(r.bounds[1]), plain(r.bounds[0]), plain(v)))
	}
	return invalid(path, fmt.Sprintf("must be from %s to %s, not %s", plain(r.bounds[0]), plain(r.bounds[1]), plain(v)))
}

func oneOf(path, v string, allowed ...string) error {
	if slices.Contains(allowed, v) {
		return nil
	}
	return invalid(path, fmt.Sprintf("must be one of %s, not %q", strings.Join(allowed, ", "), v))
}

func eachOneOf(path string, list []string, allowed ...string) error {
	for i, v := range list {
		if err := oneOf(fmt.Sprintf("%s.%d", path, i), v, allowed...); err != nil {
			return err
		}
		if slices.Contains(list[:i], v) {
			return invalid(fmt.Sprintf("%s.%d", path, i), fmt.Sprintf("%q is there twice", v))
		}
	}
	return nil
}
