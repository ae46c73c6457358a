package schemas

// Check codes: why a frame did not pass, in STATS. 100 and above are our own.
const (
	CodeBlurred        = 3
	CodeTooLight       = 4
	CodeTooDark        = 5
	CodeNoFace         = 8
	CodeManyFaces      = 9
	CodeFaceNarrow     = 12
	CodeFaceLow        = 13
	CodeYawNeedRight   = 19
	CodeYawNeedLeft    = 20
	CodeRollRight      = 21
	CodeRollLeft       = 22
	CodePitchNeedUp    = 23
	CodePitchNeedDown  = 24
	CodeLivenessFailed = 32
	CodeMoreFrames     = 37
	CodeEyesClosed     = 51
	CodeActionPending  = 60
	CodeOpenEyes       = 61
	CodeCloseEyes      = 62
	CodeYawStart       = 63
	CodeTurnRight      = 64
	CodeTurnLeft       = 65
	CodePitchStart     = 66
	CodeTurnUp         = 67
	CodeTurnDown       = 68

	CodeAttemptsExceeded         = 100
	CodeLivenessAttemptsExceeded = 101
	CodeDifferentFace            = 104
)

// System codes a worker may give: why there is no judgement of a frame. The protocol has more of them.
const (
	SystemInternal    = 1000
	SystemUndecodable = 1002
)

// PoseAndEyeCodes are the checks an asked action waives: nobody turns the head without a yaw.
var PoseAndEyeCodes = []int32{
	CodeYawNeedRight, CodeYawNeedLeft, CodeRollRight, CodeRollLeft, CodePitchNeedUp, CodePitchNeedDown, CodeEyesClosed,
}

// Code is a check code with its name.
type Code struct {
	Number int32
	Name   string
	Says   string // what is wrong with the frame
}

// Codes are all check codes that the built-in workers give, in numeric order.
var Codes = []Code{
	{CodeBlurred, "BLURRED", "the face is blurred"},
	{CodeTooLight, "TOO_LIGHT", "the face is over-exposed"},
	{CodeTooDark, "TOO_DARK", "the face is too dark"},
	{CodeNoFace, "NO_FACE", "no face"},
	{CodeManyFaces, "MANY_FACES", "more than one face"},
	{CodeFaceNarrow, "FACE_W_SMALL", "the face is not wide enough in pixels"},
	{CodeFaceLow, "FACE_H_SMALL", "the face is not high enough in pixels"},
	{CodeYawNeedRight, "YAW_NEED_RIGHT", "the head is turned too far to its left"},
	{CodeYawNeedLeft, "YAW_NEED_LEFT", "the head is turned too far to its right"},
	{CodeRollRight, "ROLL_RIGHT", "the head is tilted too far to its right"},
	{CodeRollLeft, "ROLL_LEFT", "the head is tilted too far to its left"},
	{CodePitchNeedUp, "PITCH_NEED_UP", "the head is too far down"},
	{CodePitchNeedDown, "PITCH_NEED_DOWN", "the head is too far up"},
	{CodeLivenessFailed, "LIVENESS_FAILED", "the face does not look alive"},
	{CodeMoreFrames, "MORE_FRAMES", "more frames are needed"},
	{CodeEyesClosed, "EYES_CLOSED", "the eyes are closed"},
	{CodeActionPending, "AL_PENDING", "active liveness is settling"},
	{CodeOpenEyes, "AL_OPEN_EYES", "open the eyes"},
	{CodeCloseEyes, "AL_CLOSE_EYES", "close the eyes"},
	{CodeYawStart, "AL_YAW_START", "look straight"},
	{CodeTurnRight, "AL_TURN_RIGHT", "turn the head to the own right"},
	{CodeTurnLeft, "AL_TURN_LEFT", "turn the head to the own left"},
	{CodePitchStart, "AL_PITCH_START", "look straight"},
	{CodeTurnUp, "AL_UP", "raise the chin"},
	{CodeTurnDown, "AL_DOWN", "lower the chin"},
	{CodeAttemptsExceeded, "ATTEMPTS_EXCEEDED", "too many frames"},
	{CodeLivenessAttemptsExceeded, "LIVENESS_ATTEMPTS_EXCEEDED", "too many frames judged for liveness"},
	{CodeDifferentFace, "DIFFERENT_FACE", "another person than in the frame before"},
}

// CodeName is the name of a check code, or "" for one that no built-in worker gives.
func CodeName(number int32) string {
	for _, c := range Codes {
		if c.Number == number {
			return c.Name
		}
	}
	return ""
}
