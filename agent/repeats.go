package agent

import (
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/rtcp"
)

// How much may be sent once more: a part of what the network carries, and a little at
// once. A packet counts as a full one.
const (
	repeatShare  = 0.25
	repeatBurst  = 64 << 10
	repeatPacket = 1200
)

// repeats answers the viewer's requests for lost packets, within bounds. A link that is
// too thin loses most of what it is given; whoever answers every request then sends all
// of it again and again, and the link never clears. What is not repeated the viewer
// asks for as a key frame.
type repeats struct {
	mu     sync.Mutex
	rate   float64 // bytes a second; guarded by mu
	tokens float64 // bytes; guarded by mu
	filled time.Time
}

func newRepeats() *repeats {
	return &repeats{rate: repeatShare * initialRate / 8, tokens: repeatBurst}
}

// follow hears what the network carries, in bits a second.
func (r *repeats) follow(bits int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rate = repeatShare * float64(bits) / 8
}

// allow reports whether so many packets may be repeated now.
func (r *repeats) allow(packets int, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.filled.IsZero() {
		r.tokens = min(r.tokens+r.rate*now.Sub(r.filled).Seconds(), repeatBurst)
	}
	r.filled = now
	cost := float64(packets * repeatPacket)
	if cost > r.tokens {
		return false
	}
	r.tokens -= cost
	return true
}

// register adds what answers requests, behind what bounds them. The agent only sends, so
// it makes no such requests of its own.
func (r *repeats) register(registry *interceptor.Registry) error {
	responder, err := nack.NewResponderInterceptor()
	if err != nil {
		return err
	}
	registry.Add(r)
	registry.Add(responder)
	return nil
}

// NewInterceptor implements interceptor.Factory.
func (r *repeats) NewInterceptor(string) (interceptor.Interceptor, error) {
	return &repeatFilter{repeats: r}, nil
}

// repeatFilter takes out of what the viewer says the requests that are not answered.
type repeatFilter struct {
	interceptor.NoOp
	repeats *repeats
}

// BindRTCPReader implements interceptor.Interceptor.
func (f *repeatFilter) BindRTCPReader(reader interceptor.RTCPReader) interceptor.RTCPReader {
	return interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		for {
			n, attributes, err := reader.Read(b, a)
			if err != nil || f.passes(b[:n]) {
				return n, attributes, err
			}
			a = interceptor.Attributes{} // in the other is what was parsed of this message
		}
	})
}

// passes reports whether a message asks for no more than may be repeated.
func (f *repeatFilter) passes(message []byte) bool {
	packets, err := rtcp.Unmarshal(message)
	if err != nil {
		return true // whoever reads it next says so
	}
	asked := 0
	for _, p := range packets {
		if n, ok := p.(*rtcp.TransportLayerNack); ok {
			for _, pair := range n.Nacks {
				asked += len(pair.PacketList())
			}
		}
	}
	return asked == 0 || f.repeats.allow(asked, time.Now())
}
