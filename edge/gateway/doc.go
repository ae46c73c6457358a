// Package gateway is the LPProto door: a WebSocket a session, one frame at a time. It checks what a client sends,
// publishes frames, and turns the decisions on them into replies. What the session has been through travels in the
// messages; a session may go on at another gateway.
package gateway
