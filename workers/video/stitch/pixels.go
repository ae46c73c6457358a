package stitch

/*
#cgo CFLAGS: -O3
#cgo pkg-config: libavutil
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <libavutil/detection_bbox.h>
#include <libavutil/dict.h>
#include <libavutil/frame.h>

// Every pixel becomes (p * mul + add) / 255, rounded. All steps fit 16 bits, so the compiler vectorises them.
static void squeeze_plane(uint8_t *data, int stride, int width, int height, uint16_t mul, uint16_t add)
{
	for (int y = 0; y < height; y++, data += stride) {
		for (int x = 0; x < width; x++) {
			uint16_t v = (uint16_t)(data[x] * mul + add + 128);
			data[x] = (uint8_t)((uint16_t)(v + (v >> 8)) >> 8);
		}
	}
}

// squeeze turns full-range 4:2:0 into limited range, in place.
static int squeeze(AVFrame *f)
{
	int ret = av_frame_make_writable(f);
	if (ret < 0)
		return ret;
	squeeze_plane(f->data[0], f->linesize[0], f->width, f->height, 219, 16 * 255);
	for (int i = 1; i < 3; i++)
		squeeze_plane(f->data[i], f->linesize[i], (f->width + 1) / 2, (f->height + 1) / 2, 224, 128 * (255 - 224));
	f->format = AV_PIX_FMT_YUV420P;
	f->color_range = AVCOL_RANGE_MPEG;
	return 0;
}

static int set_boxes(AVFrame *f, const int32_t *xywh, uint32_t n)
{
	AVDetectionBBoxHeader *h = av_detection_bbox_create_side_data(f, n);
	if (!h)
		return AVERROR(ENOMEM);
	for (uint32_t i = 0; i < n; i++) {
		AVDetectionBBox *b = av_get_detection_bbox(h, i);
		b->x = xywh[4 * i];
		b->y = xywh[4 * i + 1];
		b->w = xywh[4 * i + 2];
		b->h = xywh[4 * i + 3];
	}
	return 0;
}

static int set_text(AVFrame *f, const char *key, const char *text)
{
	return av_dict_set(&f->metadata, key, text, 0);
}
*/
import "C"

import (
	"unsafe"

	"github.com/asticode/go-astiav"
)

// Functions that are missing in the binding to FFmpeg, or that FFmpeg itself performs slowly.

// squeeze turns a full-range 4:2:0 picture into limited range, in place. libswscale uses its general path for that,
// which costs more than decoding the image.
func squeeze(f *astiav.Frame) error {
	return failure(C.squeeze((*C.AVFrame)(f.UnsafePointer())))
}

// setBoxes attaches rectangles (x, y, width, height in pixels) to a picture, for the drawbox filter.
func setBoxes(f *astiav.Frame, xywh [][4]int32) error {
	return failure(C.set_boxes((*C.AVFrame)(f.UnsafePointer()), (*C.int32_t)(unsafe.Pointer(&xywh[0])), C.uint32_t(len(xywh))))
}

// setText attaches a text to a picture, for the drawtext filter.
func setText(f *astiav.Frame, key, text string) error {
	k, t := C.CString(key), C.CString(text)
	defer C.free(unsafe.Pointer(k))
	defer C.free(unsafe.Pointer(t))
	return failure(C.set_text((*C.AVFrame)(f.UnsafePointer()), k, t))
}

func failure(code C.int) error {
	if code < 0 {
		return astiav.Error(code)
	}
	return nil
}
