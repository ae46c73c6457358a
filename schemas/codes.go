package schemas

// Check codes: why a frame did not pass, in STATS. 100 and above are our own.
const (
	CodeBlurred        = 3
	CodeTooLight       = 4
	CodeTooDark        = 5
	CodeUnevenLight    = 6
	CodeGlare          = 7
	CodeNoFace         = 8
	CodeManyFaces      = 9
	CodeFrameNarrow    = 10
	CodeFrameLow       = 11
	CodeFaceNarrow     = 12
	CodeFaceLow        = 13
	CodeMarginBottom   = 14
	CodeMarginLeft     = 15
	CodeMarginTop      = 16
	CodeMarginRight    = 17
	CodeYawNeedRight   = 19
	CodeYawNeedLeft    = 20
	CodeRollRight      = 21
	CodeRollLeft       = 22
	CodePitchNeedUp    = 23
	CodePitchNeedDown  = 24
	CodeMouthOpen      = 25
	CodeMouthOccluded  = 26
	CodeSmile          = 27
	CodeGlasses        = 28
	CodeSunglasses     = 29
	CodeAGSLow         = 30
	CodeLivenessNone   = 31
	CodeLivenessFailed = 32
	CodeMoreFrames     = 37
	CodeFaceTooClose   = 38
	CodeEyesUnknown    = 50
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
	CodeDeepfake                 = 102
	CodeImageModified            = 103
	CodeDifferentFace            = 104
	CodeVirtualCamera            = 105
	CodeSessionFake              = 106
	CodeOutOfROI                 = 107
)

// System codes a worker may give: why there is no judgement of a frame. The protocol has more of them.
const (
	SystemInternal    = 1000
	SystemUndecodable = 1002
)

// PoseAndEyeCodes are the checks an asked action waives: nobody turns the head without a yaw, and a head that bows comes
// near the rim of the picture.
var PoseAndEyeCodes = []int32{
	CodeYawNeedRight, CodeYawNeedLeft, CodeRollRight, CodeRollLeft, CodePitchNeedUp, CodePitchNeedDown, CodeEyesClosed,
	CodeMarginBottom, CodeMarginLeft, CodeMarginTop, CodeMarginRight,
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
	{CodeUnevenLight, "UNEVEN_LIGHT", "the face is lit unevenly"},
	{CodeGlare, "GLARE", "there is glare on the face"},
	{CodeNoFace, "NO_FACE", "no face"},
	{CodeManyFaces, "MANY_FACES", "more than one face"},
	{CodeFrameNarrow, "FRAME_W_SMALL", "the frame is not wide enough in pixels"},
	{CodeFrameLow, "FRAME_H_SMALL", "the frame is not high enough in pixels"},
	{CodeFaceNarrow, "FACE_W_SMALL", "the face is not wide enough in pixels"},
	{CodeFaceLow, "FACE_H_SMALL", "the face is not high enough in pixels"},
	{CodeMarginBottom, "MARGIN_BOTTOM", "the face is too near the bottom of the frame"},
	{CodeMarginLeft, "MARGIN_LEFT", "the face is too near the left of the frame"},
	{CodeMarginTop, "MARGIN_TOP", "the face is too near the top of the frame"},
	{CodeMarginRight, "MARGIN_RIGHT", "the face is too near the right of the frame"},
	{CodeYawNeedRight, "YAW_NEED_RIGHT", "the head is turned too far to its left"},
	{CodeYawNeedLeft, "YAW_NEED_LEFT", "the head is turned too far to its right"},
	{CodeRollRight, "ROLL_RIGHT", "the head is tilted too far to its right"},
	{CodeRollLeft, "ROLL_LEFT", "the head is tilted too far to its left"},
	{CodePitchNeedUp, "PITCH_NEED_UP", "the head is too far down"},
	{CodePitchNeedDown, "PITCH_NEED_DOWN", "the head is too far up"},
	{CodeMouthOpen, "MOUTH_OPEN", "the mouth is open"},
	{CodeMouthOccluded, "MOUTH_OCCLUDED", "the mouth is covered"},
	{CodeSmile, "SMILE", "the face smiles"},
	{CodeGlasses, "GLASSES", "glasses of a kind that is not allowed"},
	{CodeSunglasses, "SUNGLASSES", "sunglasses"},
	{CodeAGSLow, "AGS_LOW", "the general quality is low"},
	{CodeLivenessNone, "LIVENESS_UNKNOWN", "liveness could not be measured"},
	{CodeLivenessFailed, "LIVENESS_FAILED", "the face does not look alive"},
	{CodeMoreFrames, "MORE_FRAMES", "more frames are needed"},
	{CodeFaceTooClose, "FACE_TOO_CLOSE", "the face is too near the camera"},
	{CodeEyesUnknown, "EYES_UNKNOWN", "the eyes cannot be seen"},
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
	{CodeDeepfake, "DEEPFAKE", "the face looks made by a machine"},
	{CodeImageModified, "IMAGE_MODIFIED", "the image looks edited"},
	{CodeDifferentFace, "DIFFERENT_FACE", "another person than in the frame before"},
	{CodeVirtualCamera, "VIRTUAL_CAMERA", "the frames do not come from a camera"},
	{CodeSessionFake, "SESSION_FAKE", "the session was marked as fake before"},
	{CodeOutOfROI, "OUT_OF_ROI", "the face is outside the region of interest"},
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
