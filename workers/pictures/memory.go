package pictures

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/selene-liveness/selene/schemas/imagefile"
)

// The memory that a process shares with its parent: the pixels that it returns, then the file that it is given. Only what is used of it
// takes memory.
const (
	pixelBytes  = 3 * imagefile.MaxPixels
	fileBytes   = 16 << 20 // more than any message holds
	sharedBytes = pixelBytes + fileBytes
	// keptBytes is what stays with the process after a picture, so that pictures of cameras cost no page faults.
	keptBytes = 3 << 21
)

// shared is memory that two processes have mapped.
type shared []byte

func (m shared) pixels() []byte { return m[:pixelBytes:pixelBytes] }

func (m shared) file() []byte { return m[pixelBytes:] }

// newShared returns shared memory, and the file by which a child gets it.
func newShared() (shared, *os.File, error) {
	fd, err := unix.MemfdCreate("selene-picture", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, nil, fmt.Errorf("create shared memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), "shared memory")
	if err := f.Truncate(sharedBytes); err != nil {
		f.Close()
		return nil, nil, err
	}
	// A child that could shorten it could end this process.
	const sealed = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, sealed); err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("seal shared memory: %w", err)
	}
	m, err := mapShared(f)
	if err != nil {
		f.Close()
	}
	return m, f, err
}

func mapShared(f *os.File) (shared, error) {
	m, err := unix.Mmap(int(f.Fd()), 0, sharedBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map shared memory: %w", err)
	}
	return m, nil
}

// trim returns memory to the system after a large picture.
func (m shared) trim(pixels, file int) error {
	for _, part := range []struct {
		memory []byte
		used   int
	}{{m.pixels(), pixels}, {m.file(), file}} {
		if part.used > keptBytes {
			if err := unix.Madvise(part.memory[keptBytes:], unix.MADV_REMOVE); err != nil {
				return fmt.Errorf("return shared memory: %w", err)
			}
		}
	}
	return nil
}

func (m shared) free() { _ = unix.Munmap(m) }
