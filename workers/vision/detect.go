package vision

import (
	"cmp"
	"fmt"
	"slices"
)

// nmsOverlap is the share of overlap (intersection over union) above which two boxes are one face.
const nmsOverlap = 0.3

// Detect finds the faces of a picture and appends them to dst[:0], the largest first.
func (m *Models) Detect(img *Image, dst []Detection) ([]Detection, error) {
	dst = dst[:0]
	n, err := m.one(RoleDetector)
	if err != nil {
		return dst, err
	}
	if img.Width < 1 || img.Height < 1 || len(img.Pix) < img.Width*img.Height*3 {
		return dst, fmt.Errorf("vision: a picture of %d x %d needs width*height*3 bytes, got %d", img.Width, img.Height, len(img.Pix))
	}
	find := n.blazeface
	if n.spec.Decoder == "yunet" {
		find = n.yunet
	}
	if dst, err = find(img, dst); err != nil {
		return dst[:0], err
	}
	slices.SortStableFunc(dst, func(a, b Detection) int {
		return cmp.Compare(b.Box.Width*b.Box.Height, a.Box.Width*a.Box.Height)
	})
	return dst, nil
}

// suppress keeps the best of the boxes that overlap (greedy non-maximum suppression), in place.
func suppress(list []Detection) []Detection {
	slices.SortStableFunc(list, func(a, b Detection) int { return cmp.Compare(b.Score, a.Score) })
	kept := list[:0]
	for _, d := range list {
		if !slices.ContainsFunc(kept, func(k Detection) bool { return k.Box.overlap(d.Box) > nmsOverlap }) {
			kept = append(kept, d)
		}
	}
	return kept
}

// letterbox centres the whole picture in w x h, black around it, at zoom times the largest scale that fits; zoom is at most 1.
func letterbox(img *Image, w, h int, zoom float32) affine {
	s := max(float32(img.Width)/float32(w), float32(img.Height)/float32(h)) / zoom
	return affine{a: s, c: (float32(img.Width) - s*float32(w)) / 2, e: s, f: (float32(img.Height) - s*float32(h)) / 2}
}

// see runs the network on a letterboxed picture and passes the outputs to read.
func (m *model) see(img *Image, w, h int, zoom float32, read func(t *tensors, back affine)) error {
	back := letterbox(img, w, h, zoom)
	return m.use(shape4{1, 3, int64(h), int64(w)}, func(in []float32) {
		crop := borrowBytes(w * h * 3)
		defer byteBuffers.Put(crop)
		warp(img, back, w, h, m.spec.Color == "bgr", true, *crop)
		m.fill(in, *crop)
	}, "", func(t *tensors) bool { read(t, back); return true })
}
