package vision

import (
	"errors"
)

var (
	// ErrUndecodable marks bytes that are not a complete JPEG or PNG picture within the pixel limit: bad input, never retried.
	ErrUndecodable = errors.New("vision: the picture cannot be decoded")
	// ErrNoModel marks a call for a role that the pack does not fill or that was not passed to [Open].
	ErrNoModel = errors.New("vision: no model for this role is loaded")
	// ErrClosed marks a call on [Models] after Close.
	ErrClosed = errors.New("vision: the models are closed")
	// ErrPack marks a model pack that is missing, incomplete, changed or invalid.
	ErrPack = errors.New("vision: model pack")
	// ErrRuntime marks an error of ONNX Runtime: library not found or wrong, network refused, inference failed.
	ErrRuntime = errors.New("vision: ONNX Runtime")
	// ErrCrop marks a crop whose length does not match its CropSpec.
	ErrCrop = errors.New("vision: crop of the wrong size")
)
