// Package gateway serves LPProto: one WebSocket per session, one frame at a time. It checks what a client sends, publishes
// frames, and turns the decisions on them into replies. The state of a session travels in the messages, so that a session can
// continue at another gateway.
package gateway
