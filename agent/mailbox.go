package agent

import "sync"

// mailbox is a queue of tasks for one goroutine. Posting never waits, so callbacks of
// the WebRTC stack and of the consent gate can post from wherever they run.
type mailbox struct {
	signal chan struct{} // holds one token while there is something to take

	mu    sync.Mutex
	tasks []func()
}

// maxOffered bounds what strangers can leave in a mailbox: far more than a technician
// causes while the session is busy with one task, and some 16 MiB of the longest
// messages. THREAT 18.
const maxOffered = 256

func newMailbox() *mailbox { return &mailbox{signal: make(chan struct{}, 1)} }

// post leaves a task of our own: their number is bounded by what happens here.
func (m *mailbox) post(task func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.postLocked(task)
}

// offer leaves a task that the viewer caused, unless too many are waiting.
func (m *mailbox) offer(task func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.tasks) >= maxOffered {
		return false
	}
	m.postLocked(task)
	return true
}

func (m *mailbox) postLocked(task func()) {
	m.tasks = append(m.tasks, task)
	select {
	case m.signal <- struct{}{}:
	default:
	}
}

// take returns everything posted so far, in order.
func (m *mailbox) take() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	tasks := m.tasks
	m.tasks = nil
	return tasks
}
