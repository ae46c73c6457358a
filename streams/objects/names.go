package objects

import "time"

// The first words of names, before a slash.
const (
	KindVideo     = "video"
	KindExport    = "export"
	KindBestShot  = "bestshot"
	KindReference = "reference"
	KindImported  = "imported"
)

// VideoName returns the name of the video of a session that began at start.
func VideoName(session string, start time.Time, extension string) string {
	return KindVideo + "/" + start.UTC().Format(time.DateOnly) + "/" + session + extension
}

// ExportName returns the name of a session's file of an export.
func ExportName(job, session, extension string) string {
	return KindExport + "/" + job + "/" + session + extension
}

// BestShotName returns the name of a session's best shot.
func BestShotName(session string) string { return KindBestShot + "/" + session }

// ReferenceName returns the name of the face that a session is verified against.
func ReferenceName(session string) string { return KindReference + "/" + session }

// ImportedName returns the name of the JSON document by which an imported session was judged.
func ImportedName(session string) string { return KindImported + "/" + session }
