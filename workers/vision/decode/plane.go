package decode

/*
#cgo pkg-config: libavutil
#include <libavutil/frame.h>

static uint8_t *first_plane(AVFrame *f) { return f->data[0]; }
*/
import "C"

import (
	"unsafe"

	"github.com/asticode/go-astiav"
)

// FirstPlane returns the memory of the first plane of f, which no format subsamples: Linesize()[0] bytes for each row. It
// is valid until f is freed or unreferenced.
func FirstPlane(f *astiav.Frame) []byte {
	data := (*byte)(C.first_plane((*C.AVFrame)(f.UnsafePointer())))
	return unsafe.Slice(data, f.Linesize()[0]*f.Height())
}
