package agent

import "sync"

// mailbox is a queue of tasks for one goroutine. Posting never waits, so callbacks of
// the WebRTC stack and of the consent gate can post from wherever they run.
type mailbox struct {
	signal chan struct{} // holds one token while there is something to take

	mu    sync.Mutex
	tasks []func()
}

func newMailbox() *mailbox { return &mailbox{signal: make(chan struct{}, 1)} }

func (m *mailbox) post(task func()) {
	m.mu.Lock()
	m.tasks = append(m.tasks, task)
	m.mu.Unlock()
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
