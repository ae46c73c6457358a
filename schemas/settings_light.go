package schemas

// LightChallengeSettings state whether and how faces are lit with the colours of the screen.
type LightChallengeSettings struct {
	IsEnabled   bool    `json:"is_enabled"`
	Colours     int     `json:"colours"`
	HoldSeconds float64 `json:"hold_seconds"`
	Threshold   float64 `json:"threshold"`
	MaxFailed   int     `json:"max_failed"`
}

// minHold keeps the colours well below three flashes a second, a flash being two changes (WCAG 2.2, criterion 2.3.1).
const minHold = 0.7 // seconds

func (l *LightChallengeSettings) fields() []field {
	return []field{
		{
			at: &l.IsEnabled, title: "Enabled",
			about: "Asks the client to show colours on the whole page and requires the worker lightchallenge. It has not been tried " +
				"with real cameras, and a client that shows no colours cannot pass.",
		},
		{
			at: &l.Colours, title: "Number of colours", value: 10, low: 6, high: 20,
			about: "Colours to which the response of the face is measured.",
		},
		{
			at: &l.HoldSeconds, title: "Time of a colour", value: 0.9, low: minHold, high: 5,
			about: "Seconds for which a colour is shown at least.",
		},
		{
			at: &l.Threshold, title: "Response", value: 0.5, high: 1,
			about: "Minimum score. Below it the face does not respond to the light as a head does.",
		},
		{
			at: &l.MaxFailed, title: "Failed attempts", value: 2, high: 100,
			about: "How many attempts may fail; with one more the session fails. It is not marked as fake, since cameras and bright " +
				"rooms hide the response of real faces too.",
		},
	}
}
