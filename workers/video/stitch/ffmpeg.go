package stitch

import (
	"fmt"

	"github.com/asticode/go-astiav"
)

// withOptions calls open with a dictionary of options and returns an error when an option is unknown, which libav* shows
// only by leaving it in the dictionary.
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
			return fmt.Errorf("this FFmpeg does not know the option %s; install version 5.1 or newer with x264, x265 and libvpx", k)
		}
	}
	return nil
}
