// Package schemas holds the types that cross a process boundary: the messages of the broker (protobuf and JSON), the codes,
// the JSON that clients see, and the documents that users write: settings, export orders and UI configs. It imports nothing
// else of the project.
//
// A document is a struct whose fields methods describe each value once (document_field.go). Parsing, defaults, checks,
// differences, masked secrets, the JSON Schema of the settings and SETTINGS.md follow from these descriptions.
package schemas

//go:generate protoc --go_out=. --go_opt=paths=source_relative estimations.proto state.proto frame.proto face.proto verdict.proto decision.proto session.proto
//go:generate go test -run=^TestSettingsReference$ -update .
