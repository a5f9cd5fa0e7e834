package agent

import (
	"context"
	"errors"

	"github.com/pion/webrtc/v4"
)

// pipeFull is how much may wait in a pipe: one message. What waits in the WebRTC stack
// is on its way already, whatever the user says meanwhile.
const pipeFull = 64 << 10

// errDeaf means that the viewer takes nothing of what is sent on the data channel.
var errDeaf = errors.New("agent: the viewer takes nothing")

// errNoPipe means that the viewer has opened no such data channel, or it is closed.
var errNoPipe = errors.New("agent: no such data channel")

// pipe is a data channel for contents: clipboard, files.
type pipe struct {
	channel *webrtc.DataChannel
	low     chan struct{} // holds one token when there is room again
	closed  chan struct{}
}

func newPipe(d *webrtc.DataChannel) *pipe {
	l := &pipe{channel: d, low: make(chan struct{}, 1), closed: make(chan struct{})}
	d.SetBufferedAmountLowThreshold(pipeFull / 2)
	d.OnBufferedAmountLow(func() {
		select {
		case l.low <- struct{}{}:
		default:
		}
	})
	d.OnClose(func() { close(l.closed) })
	return l
}

// room waits until something can be sent without queueing behind much else.
func (l *pipe) room(ctx context.Context) error {
	if l == nil {
		return errNoPipe
	}
	for l.channel.BufferedAmount() >= pipeFull {
		select {
		case <-l.low:
		case <-l.closed:
			return errNoPipe
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// send sends one message.
func (l *pipe) send(data []byte) error {
	if l == nil {
		return errNoPipe
	}
	if l.channel.BufferedAmount() > mostUnsent {
		return errDeaf
	}
	return l.channel.Send(data)
}
