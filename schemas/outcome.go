package schemas

// OutcomeOpen is the word for a session that is not decided.
const OutcomeOpen = "open"

// OutcomeName returns the word for an outcome in JSON and queries.
func OutcomeName(o Outcome) string {
	switch o {
	case Outcome_OUTCOME_PASSED:
		return "success"
	case Outcome_OUTCOME_ATTEMPTS_EXCEEDED:
		return "attempts_exceeded"
	case Outcome_OUTCOME_LIVENESS_ATTEMPTS_EXCEEDED:
		return "liveness_attempts_exceeded"
	case Outcome_OUTCOME_DIFFERENT_FACE:
		return "different_face"
	case Outcome_OUTCOME_FAKE:
		return "fake"
	case Outcome_OUTCOME_TIMEOUT:
		return "timeout"
	case Outcome_OUTCOME_ACTIONS_FAILED:
		return "actions_failed"
	case Outcome_OUTCOME_DURATION_EXCEEDED:
		return "duration_exceeded"
	case Outcome_OUTCOME_NOT_MEASURED:
		return "not_measured"
	}
	return OutcomeOpen
}

// OutcomeNames lists the words for all outcomes.
func OutcomeNames() []string {
	var names []string
	for o := range int32(len(Outcome_name)) { //nolint:gosec // an enumeration
		names = append(names, OutcomeName(Outcome(o)))
	}
	return names
}
