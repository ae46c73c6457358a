package imagefile

import (
	"errors"
	"time"
)

// MaxPixels is the number of pixels of the largest picture: 4096 x 3072, a little more than cameras of 12 megapixels take.
const MaxPixels = 12 << 20

// What decoding a picture may cost at most. They bound the worst that somebody can make to about a second of one core; what encoders
// write takes a fraction. Only a PNG of 10 MiB can take two, which decoders do not have. BenchmarkCostlyPictures in test/security
// measures it.
const (
	// maxSegments is the number of segments of a JPEG. A profile has up to 255.
	maxSegments = 1000
	// maxScans is the number of scans of a JPEG. Encoders write up to about 16.
	maxScans = 64
	// maxVisits is the number of blocks of 8 x 8 samples in all scans together. The usual ten scans of the largest picture
	// without subsampling visit 2.8 million.
	maxVisits = 4 << 20
	// maxHuffman is the number of Huffman tables, each of which costs as much as hundreds of blocks. Encoders write up to
	// two for each scan.
	maxHuffman = 4 * maxScans
	// maxRowBytes is the number of bytes that the pixel data of a PNG inflates to.
	maxRowBytes = 4*MaxPixels + 1<<20
	// maxOverhead is the number of bytes beside its pixels that the compressed data of a PNG may have.
	maxOverhead = 1 << 10

	// Verify checks the rows of a PNG that has more than rowsBytes bytes of compressed data for no longer than rowsTime, which is enough
	// for 12 megapixels. Where it is not, the rest is left to the decoder.
	rowsTime  = 250 * time.Millisecond
	rowsBytes = 1 << 20
)

// ErrTooCostly marks a picture that is of an allowed size and would take too long to decode, or too much memory.
var ErrTooCostly = errors.New("decoding the picture would cost too much")
