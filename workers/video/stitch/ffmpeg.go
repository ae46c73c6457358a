package stitch

import (
	"fmt"

	"github.com/asticode/go-astiav"
)

// withOptions calls open with a dictionary of options and fails when an option was not understood, which libav* itself
// only shows by leaving it in the dictionary.
func withOptions(options map[string]string, open func(*astiav.Dictionary) error) error {
	dict := astiav.NewDictionary()
	defer dict.Free()
	for k, v := range options {
		if err := dict.Set(k, v, 0); err != nil {
			return fmt.Errorf("option %s=%s: %w", k, v, err)
		}
	}
	if err := open(dict); err != nil {
		return err
	}
	for k := range options {
		if dict.Get(k, nil, 0) != nil {
			return fmt.Errorf("option %s is not known to this FFmpeg; version 5.1 with x264, x265 and libvpx is needed", k)
		}
	}
	return nil
}
