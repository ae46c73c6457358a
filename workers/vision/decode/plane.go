package decode

/*
#cgo pkg-config: libavutil
#include <libavutil/frame.h>

static uint8_t *plane(AVFrame *f, int n) { return f->data[n]; }
*/
import "C"

import (
	"unsafe"

	"github.com/asticode/go-astiav"
)

// FirstPlane returns the memory of the first plane of f, which no format subsamples: Linesize()[0] bytes for each row. It
// is valid until f is freed or unreferenced.
func FirstPlane(f *astiav.Frame) []byte { return plane(f, 0) }

// plane returns the memory of a plane that is not subsampled.
func plane(f *astiav.Frame, n int) []byte {
	data := (*byte)(C.plane((*C.AVFrame)(f.UnsafePointer()), C.int(n)))
	return unsafe.Slice(data, f.Linesize()[n]*f.Height())
}
