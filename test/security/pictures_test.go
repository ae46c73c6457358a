package security

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// padded returns a JPEG with metadata of a size.
func padded(size int) []byte {
	segment := append([]byte{0xff, 0xe1, 0xff, 0xff}, make([]byte, 0xfffd)...)
	data := imagefiletest.JPEG(imagefiletest.Picture(320, 240))
	return slices.Concat(data[:2], slices.Repeat(segment, size/len(segment)), data[2:])
}

// pictureGrowth is what a process with all parts may take more for these pictures, of which the largest are held at the door, in the
// broker, by workers and by the maker of videos at the same time.
const pictureGrowth = 600 << 10 // KiB

// Pictures that cost a decoder far more than their size, sent by several clients at the same time: each gets a code, other clients
// get their replies, and the videos of all sessions are made, in memory that is bounded.
func TestHostilePicturesOverTheSocket(t *testing.T) {
	i := up(t, `{"video":{"session_timeout":1}}`)
	i.honest()
	before := residentKiB(t, i.pid)
	bad, judged := fmt.Sprint("ERROR ", lpproto.CodeBadImage), string(lpproto.Stats)
	pictures := []struct {
		name, want string
		data       []byte
	}{
		{"10,000 scans", bad, imagefiletest.ScanBomb(6324, 6324, 10_000, false)},
		{"the same again", bad, imagefiletest.ScanBomb(6324, 6324, 10_000, false)},
		{"12 MP with 16 bits", bad, imagefiletest.PlainPNG(4096, 3072, 16, 6, false, 4)},
		{"256 MP in a second header", bad, imagefiletest.Hidden(reserved, jpegLS, 16000, 16000, 8)},
		{"12 bits", bad, imagefiletest.Hidden(tables, baseline, 16, 16, 12)},
		{"256 MiB in iCCP", judged, imagefiletest.InflatingPNG("iCCP", 256<<20)},
		{"9.2 MB of metadata", judged, padded(9_200_000)},
		{"10 MB of empty blocks", "", imagefiletest.BlockBomb(2048, 1800, 10_000_000)}, // cut, unless the processor is very fast
	}
	clients := make([]*attacker, len(pictures))
	for n, p := range pictures {
		clients[n] = &attacker{addr: i.addr}
		if err := clients[n].open(); err != nil {
			t.Fatal(err)
		}
		kind := lpproto.ContentJPEG
		if strings.HasPrefix(string(p.data), "\x89PNG") {
			kind = lpproto.ContentPNG
		}
		if err := clients[n].ws.WriteMessage(2, append([]byte("FRAME\ncontent-type:"+kind+"\n\n"), p.data...)); err != nil {
			t.Fatal(err)
		}
	}
	i.honest()
	for n, c := range clients {
		if answer, err := c.answer(); err != nil || answer != pictures[n].want && pictures[n].want != "" {
			t.Errorf("%s: got %q, want %q, %v", pictures[n].name, answer, pictures[n].want, err)
		}
		c.leave()
	}
	i.honest()
	i.videos()
	streamstest.Eventually(t, func() error { // which is when the garbage was collected
		grown := residentKiB(t, i.pid) - before
		for _, pid := range i.decoders() {
			grown += residentKiB(t, pid)
		}
		if grown > pictureGrowth {
			return fmt.Errorf("the process and those that decode pictures grew by %d KiB; at most %d are expected", grown, pictureGrowth)
		}
		return nil
	})
}

// decoders returns the processes of the installation that decode pictures.
func (i *installation) decoders() (pids []int) {
	i.t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", i.pid))
	if err != nil {
		i.t.Fatal(err)
	}
	for _, f := range files {
		list, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		for _, field := range strings.Fields(string(list)) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				i.t.Fatal(err)
			}
			if command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && strings.HasSuffix(string(command), "\x00decode\x00") {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// The attack: a picture that crashes its decoder. Nobody knows one, so the processes are killed from outside, all at once.
func TestCrashedDecodersAreReplaced(t *testing.T) {
	i := up(t, `{}`)
	for range 3 {
		i.honest()
		before := i.decoders()
		if len(before) < 2 {
			t.Fatalf("%d processes decode pictures", len(before))
		}
		for _, pid := range before {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				t.Fatal(err)
			}
		}
	}
	i.honest()
}

// videos waits until a video is made of every session of which frames are stored.
func (i *installation) videos() {
	i.t.Helper()
	streamstest.Eventually(i.t, func() error {
		_, answer := i.call("GET", "/v1/sessions?limit=200", "Bearer "+adminToken, nil)
		var found struct {
			Sessions []struct{ ID string }
		}
		if err := json.Unmarshal(answer, &found); err != nil || len(found.Sessions) == 0 {
			return fmt.Errorf("%w: %s", err, answer)
		}
		made := 0
		for _, s := range found.Sessions {
			_, answer := i.call("GET", "/v1/sessions/"+s.ID+"/frames", "Bearer "+adminToken, nil)
			var stored struct{ Frames []struct{} }
			if err := json.Unmarshal(answer, &stored); err != nil {
				return fmt.Errorf("%w: %s", err, answer)
			}
			if len(stored.Frames) == 0 {
				continue
			}
			if status, _ := i.call("HEAD", "/v1/sessions/"+s.ID+"/video", "Bearer "+adminToken, nil); status != http.StatusOK {
				return fmt.Errorf("session %s has %d frames and no video: %d", s.ID, len(stored.Frames), status)
			}
			made++
		}
		if made == 0 {
			return errors.New("no session has frames")
		}
		return nil
	})
}
