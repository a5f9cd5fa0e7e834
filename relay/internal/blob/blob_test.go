package blob

import (
	"context"
	"errors"
	"io"
	"testing"
)

func TestPutAndGet(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	k := Key{"aa", "bb", "key.age"}
	if err := s.Put(ctx, k, []byte("sealed")); err != nil {
		t.Fatal(err)
	}
	r, err := s.Get(ctx, k)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if data, err := io.ReadAll(r); err != nil || string(data) != "sealed" {
		t.Errorf("got %q, %v", data, err)
	}
	for _, other := range []Key{{"ab", "bb", "key.age"}, {"aa", "bc", "key.age"}, {"aa", "bb", "kez.age"}} {
		if _, err := s.Get(ctx, other); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v: got %v", other, err)
		}
	}
}
