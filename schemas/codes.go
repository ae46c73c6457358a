package schemas

// Check codes: why a frame did not pass, in STATS. Codes describes each.
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
	CodeDeepfakeNone             = 108
	CodeImageModificationNone    = 109
	CodeActionsFailed            = 110
	CodeDurationExceeded         = 111
	CodeSamePicture              = 112
	CodeNotAHuman                = 113
	CodeCameraChanged            = 114
	CodeSimilarityNone           = 115
	CodeLightResponse            = 116
)

// System codes that a worker may return: why a frame could not be judged. LPProto has more of them.
const (
	SystemInternal    = 1000
	SystemUndecodable = 1002
)

// PoseAndEyeCodes lists the checks that a requested action waives: turning the head changes its yaw, and a bowed head looks larger
// and comes near the edge of the picture.
var PoseAndEyeCodes = []int32{
	CodeYawNeedRight, CodeYawNeedLeft, CodeRollRight, CodeRollLeft, CodePitchNeedUp, CodePitchNeedDown, CodeEyesClosed,
	CodeMarginBottom, CodeMarginLeft, CodeMarginTop, CodeMarginRight, CodeFaceTooClose,
}

// Code describes a check code.
type Code struct {
	Number int32
	Name   string
	Text   string // what is wrong with the frame
}

// Codes lists all check codes of the built-in workers, in numeric order. What pages and documentation know of them comes
// from here.
var Codes = []Code{
	{CodeBlurred, "BLURRED", "the face is blurred"},
	{CodeTooLight, "TOO_LIGHT", "the face is over-exposed"},
	{CodeTooDark, "TOO_DARK", "the face is too dark"},
	{CodeUnevenLight, "UNEVEN_LIGHT", "the face is lit unevenly"},
	{CodeGlare, "GLARE", "there is glare on the face"},
	{CodeNoFace, "NO_FACE", "no face was found"},
	{CodeManyFaces, "MANY_FACES", "more than one face was found"},
	{CodeFrameNarrow, "FRAME_W_SMALL", "the frame has too few pixels in width"},
	{CodeFrameLow, "FRAME_H_SMALL", "the frame has too few pixels in height"},
	{CodeFaceNarrow, "FACE_W_SMALL", "the face has too few pixels in width"},
	{CodeFaceLow, "FACE_H_SMALL", "the face has too few pixels in height"},
	{CodeMarginBottom, "MARGIN_BOTTOM", "the face is too close to the bottom of the frame"},
	{CodeMarginLeft, "MARGIN_LEFT", "the face is too close to the left edge of the frame"},
	{CodeMarginTop, "MARGIN_TOP", "the face is too close to the top of the frame"},
	{CodeMarginRight, "MARGIN_RIGHT", "the face is too close to the right edge of the frame"},
	{CodeYawNeedRight, "YAW_NEED_RIGHT", "the head is turned too far to its left"},
	{CodeYawNeedLeft, "YAW_NEED_LEFT", "the head is turned too far to its right"},
	{CodeRollRight, "ROLL_RIGHT", "the head is tilted too far to its right"},
	{CodeRollLeft, "ROLL_LEFT", "the head is tilted too far to its left"},
	{CodePitchNeedUp, "PITCH_NEED_UP", "the head is lowered too far"},
	{CodePitchNeedDown, "PITCH_NEED_DOWN", "the head is raised too far"},
	{CodeMouthOpen, "MOUTH_OPEN", "the mouth is open"},
	{CodeMouthOccluded, "MOUTH_OCCLUDED", "the mouth is covered"},
	{CodeSmile, "SMILE", "the person smiles"},
	{CodeGlasses, "GLASSES", "these glasses are not allowed"},
	{CodeSunglasses, "SUNGLASSES", "the person wears sunglasses"},
	{CodeAGSLow, "AGS_LOW", "the overall quality is low"},
	{CodeLivenessNone, "LIVENESS_UNKNOWN", "liveness could not be measured"},
	{CodeLivenessFailed, "LIVENESS_FAILED", "the face does not look alive"},
	{CodeMoreFrames, "MORE_FRAMES", "more frames are needed"},
	{CodeFaceTooClose, "FACE_TOO_CLOSE", "the face is too close to the camera"},
	{CodeEyesUnknown, "EYES_UNKNOWN", "the eyes cannot be seen"},
	{CodeEyesClosed, "EYES_CLOSED", "the eyes are closed"},
	{CodeActionPending, "AL_PENDING", "active liveness is pending"},
	{CodeOpenEyes, "AL_OPEN_EYES", "open your eyes"},
	{CodeCloseEyes, "AL_CLOSE_EYES", "close your eyes"},
	{CodeYawStart, "AL_YAW_START", "look straight ahead"},
	{CodeTurnRight, "AL_TURN_RIGHT", "turn your head to your right"},
	{CodeTurnLeft, "AL_TURN_LEFT", "turn your head to your left"},
	{CodePitchStart, "AL_PITCH_START", "look straight ahead"},
	{CodeTurnUp, "AL_UP", "raise your chin"},
	{CodeTurnDown, "AL_DOWN", "lower your chin"},
	{CodeAttemptsExceeded, "ATTEMPTS_EXCEEDED", "too many frames were judged"},
	{CodeLivenessAttemptsExceeded, "LIVENESS_ATTEMPTS_EXCEEDED", "too many frames were judged for liveness"},
	{CodeDeepfake, "DEEPFAKE", "the face looks synthetic"},
	{CodeImageModified, "IMAGE_MODIFIED", "the image looks edited"},
	{CodeDifferentFace, "DIFFERENT_FACE", "the face is not that of the previous frame"},
	{CodeVirtualCamera, "VIRTUAL_CAMERA", "the frames do not come from a camera"},
	{CodeSessionFake, "SESSION_FAKE", "the session was marked as fake before"},
	{CodeOutOfROI, "OUT_OF_ROI", "the face is outside the region of interest"},
	{CodeDeepfakeNone, "DEEPFAKE_UNKNOWN", "nothing could measure whether the face is synthetic"},
	{CodeImageModificationNone, "IMAGE_MODIFICATION_UNKNOWN", "nothing could measure whether the image was edited"},
	{CodeActionsFailed, "ACTIONS_FAILED", "too many requested actions were not done"},
	{CodeDurationExceeded, "DURATION_EXCEEDED", "the session took too long"},
	{CodeSamePicture, "SAME_PICTURE", "the picture hardly differs from an earlier one"},
	{CodeNotAHuman, "NOT_A_HUMAN", "the face does not look like that of a person"},
	{CodeCameraChanged, "CAMERA_CHANGED", "the size of the frames changed within the session"},
	{CodeSimilarityNone, "SIMILARITY_UNKNOWN", "nothing could measure whether the face is the same person's"},
	{CodeLightResponse, "LIGHT_RESPONSE", "the face does not respond to the light of the screen"},
}

// CodeName returns the name of a check code, or "" if no built-in worker uses it.
func CodeName(number int32) string {
	for _, c := range Codes {
		if c.Number == number {
			return c.Name
		}
	}
	return ""
}
