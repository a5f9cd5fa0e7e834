package clipboard

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"

	"beside/protocol"
)

// redraw decodes a picture and encodes its pixels again: nothing else of it comes
// through. What it claims to be is checked before it is unpacked.
func redraw(data []byte) ([]byte, error) {
	if len(data) > protocol.MaxClipboardImage {
		return nil, ErrTooLarge
	}
	claims, err := png.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil:
		return nil, ErrUnsupported
	case claims.Width <= 0 || claims.Height <= 0:
		return nil, ErrUnsupported
	case claims.Width > protocol.MaxClipboardSide || claims.Height > protocol.MaxClipboardSide,
		claims.Width*claims.Height > protocol.MaxClipboardPixels:
		return nil, ErrTooLarge
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, ErrUnsupported
	}
	pixels := image.NewNRGBA(image.Rect(0, 0, claims.Width, claims.Height))
	draw.Draw(pixels, pixels.Rect, decoded, decoded.Bounds().Min, draw.Src)
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&out, pixels); err != nil {
		return nil, err
	}
	if out.Len() > protocol.MaxClipboardImage {
		return nil, ErrTooLarge
	}
	return out.Bytes(), nil
}
