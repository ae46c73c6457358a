// Package schemas holds everything that crosses a process boundary: the messages on the wire (protobuf), the codes,
// the settings document and the JSON that clients see. It imports nothing else of the project.
package schemas

//go:generate protoc --go_out=. --go_opt=paths=source_relative estimations.proto state.proto frame.proto face.proto verdict.proto decision.proto session.proto
