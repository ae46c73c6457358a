// Package vision finds, measures and compares faces with ONNX networks and pixel statistics. It does not depend on messages or
// streams: a picture goes in, numbers come out, and the same picture with the same pack gives the same numbers.
//
// The networks come from a model pack, a folder with a pack.json that names for each [Role] the files, their
// sha256, the pre-processing and the decoder (README.md in this folder describes the format). [Open] loads a
// pack; the [Models] it returns are shared by all goroutines of a process.
package vision
