package protocol

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/gtank/ristretto255"
)

// hexBytes is a byte string written in hexadecimal in the vector files.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	*h = b
	return err
}

func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

type cpaceVectors struct {
	Exchange struct {
		PRS         hexBytes `json:"prs"`
		CI          hexBytes `json:"ci"`
		SID         hexBytes `json:"sid"`
		Generator   hexBytes `json:"generator"`
		ScalarA     hexBytes `json:"scalar_a"`
		ADA         hexBytes `json:"ad_a"`
		ShareA      hexBytes `json:"share_a"`
		ScalarB     hexBytes `json:"scalar_b"`
		ADB         hexBytes `json:"ad_b"`
		ShareB      hexBytes `json:"share_b"`
		SecretPoint hexBytes `json:"secret_point"`
		ISK         hexBytes `json:"isk"`
	} `json:"exchange"`
	ScalarMult struct {
		Scalar  hexBytes `json:"scalar"`
		Point   hexBytes `json:"point"`
		Product hexBytes `json:"product"`
	} `json:"scalar_mult"`
	InvalidPoints []struct {
		Why   string   `json:"why"`
		Point hexBytes `json:"point"`
	} `json:"invalid_points"`
}

func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func scalar(t *testing.T, b []byte) *ristretto255.Scalar {
	t.Helper()
	y, err := ristretto255.NewScalar().SetCanonicalBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

func wantBytes(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got %x, want %x", what, got, want)
	}
}

func TestCPaceDraftVectors(t *testing.T) {
	var v cpaceVectors
	readVectors(t, "cpace.json", &v)
	e := v.Exchange
	g, err := generator(e.PRS, e.CI, e.SID)
	if err != nil {
		t.Fatal(err)
	}
	wantBytes(t, "generator", g.Bytes(), e.Generator)

	ya, yb := scalar(t, e.ScalarA), scalar(t, e.ScalarB)
	wantBytes(t, "share a", ristretto255.NewIdentityElement().ScalarMult(ya, g).Bytes(), e.ShareA)
	wantBytes(t, "share b", ristretto255.NewIdentityElement().ScalarMult(yb, g).Bytes(), e.ShareB)

	for _, side := range []struct {
		name  string
		y     *ristretto255.Scalar
		share []byte
	}{{"a", ya, e.ShareB}, {"b", yb, e.ShareA}} {
		k, err := scalarMultVerify(side.y, side.share)
		if err != nil {
			t.Fatal(err)
		}
		wantBytes(t, "secret point of "+side.name, k, e.SecretPoint)
	}
	isk := sessionKey(e.SID, e.SecretPoint, message{e.ShareA, e.ADA}, message{e.ShareB, e.ADB})
	wantBytes(t, "isk", isk, e.ISK)
}

func TestCPaceScalarMult(t *testing.T) {
	var v cpaceVectors
	readVectors(t, "cpace.json", &v)
	got, err := scalarMultVerify(scalar(t, v.ScalarMult.Scalar), v.ScalarMult.Point)
	if err != nil {
		t.Fatal(err)
	}
	wantBytes(t, "product", got, v.ScalarMult.Product)
}

func TestCPaceRefusesInvalidPoints(t *testing.T) {
	var v cpaceVectors
	readVectors(t, "cpace.json", &v)
	y := scalar(t, v.ScalarMult.Scalar)
	points := map[string][]byte{"empty": {}, "short": make([]byte, 31), "long": make([]byte, 33)}
	for _, p := range v.InvalidPoints {
		points[p.Why+" "+hex.EncodeToString(p.Point)] = p.Point
	}
	if len(points) < 11 {
		t.Fatalf("got %d invalid points, want at least 11", len(points))
	}
	for name, p := range points {
		if k, err := scalarMultVerify(y, p); err == nil {
			t.Errorf("%s: got %x, want an error", name, k)
		}
	}
}

func TestPrependLen(t *testing.T) {
	for _, c := range []struct {
		n    int
		want string
	}{{0, "00"}, {1, "01"}, {127, "7f"}, {128, "8001"}, {300, "ac02"}, {16384, "808001"}} {
		got := prependLen(nil, make([]byte, c.n))
		if h := hex.EncodeToString(got[:len(got)-c.n]); h != c.want {
			t.Errorf("length of %d bytes: got %s, want %s", c.n, h, c.want)
		}
	}
}

// A transcript that shares memory with its inputs could be changed by a later append.
func TestTranscriptsAreFresh(t *testing.T) {
	share := make([]byte, 32, 256)
	ad := make([]byte, 3, 256)
	m := message{share, ad}
	first := m.bytes()
	_ = append(share, bytes.Repeat([]byte{0xff}, 100)...)
	_ = append(ad, bytes.Repeat([]byte{0xff}, 100)...)
	wantBytes(t, "transcript", m.bytes(), first)
	sid := make([]byte, 16, 256)
	before := macKey(sid, make([]byte, 64))
	wantBytes(t, "mac key", macKey(sid, make([]byte, 64)), before)
	wantBytes(t, "sid", sid[:cap(sid)], make([]byte, 256))
}
