package activeliveness

// failure is the reason why a step failed, as clients receive it.
type failure string

const (
	noFailure   failure = ""
	tooSlow     failure = "too_slow"
	tooFast     failure = "too_fast"
	otherAction failure = "other_action"
	faceLost    failure = "face_lost"
	jump        failure = "jump"         // between two frames, faster than heads turn
	samePicture failure = "same_picture" // the face at rest is the picture that it was before
	bentPicture failure = "bent_picture" // the eyes turned as those of a picture
	notATurn    failure = "not_a_turn"   // the head was not seen on its way
)
