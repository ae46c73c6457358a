package schemas

import "errors"

// DocumentError names the value of a document that is wrong and states what is allowed there.
type DocumentError struct {
	Document string // settings, export order or UI config
	Path     string // dotted, such as "session.max_attempts"; empty when the document itself is wrong
	Message  string // such as "must be from 1 to 100, not 0"
}

func (e *DocumentError) Error() string {
	if e.Path == "" {
		return e.Document + ": " + e.Message
	}
	return e.Document + ": " + e.Path + ": " + e.Message
}

func invalid(path, message string) error { return &DocumentError{Path: path, Message: message} }

// in returns err with the kind of document that it is about.
func in(document string, err error) error {
	var wrong *DocumentError
	if errors.As(err, &wrong) {
		return &DocumentError{document, wrong.Path, wrong.Message}
	}
	return err
}
