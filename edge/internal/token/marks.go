package token

import "encoding/json"

// marks tell whether edges have the same keys, without telling the keys.
type marks struct {
	Token     string `json:"token,omitempty"`
	Evidence  string `json:"evidence,omitempty"`
	Pseudonym string `json:"pseudonym,omitempty"`
}

// Marks returns the names of the keys that sign and of the key of pseudonyms, for Unknown of another signer.
func (s *Signer) Marks() []byte {
	now := s.tokens.now()
	text, err := json.Marshal(marks{
		s.tokens.state.Load().signing(now).id, s.evidence.state.Load().signing(now).id, s.Pseudonym("the key of pseudonyms"),
	})
	if err != nil {
		panic(err) // they are texts
	}
	return text
}

// Unknown returns for which purposes the keys of another signer are unknown here. What does not say is not unknown.
func (s *Signer) Unknown(of []byte) (purposes []string) {
	var m marks
	if json.Unmarshal(of, &m) != nil {
		return nil
	}
	for _, r := range []struct {
		ring *ring
		id   string
	}{{&s.tokens, m.Token}, {&s.evidence, m.Evidence}} {
		if r.id != "" && !r.ring.has(r.id) {
			purposes = append(purposes, r.ring.purpose)
		}
	}
	if m.Pseudonym != "" && m.Pseudonym != s.Pseudonym("the key of pseudonyms") {
		purposes = append(purposes, "pseudonyms")
	}
	return purposes
}
