package desktop

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"

	"github.com/jezek/xgb/xproto"
)

// Picture is what the screen shows now, without the pointer.
func (d *Desktop) Picture() (*image.RGBA, error) {
	// As it is now: a program may have changed the resolution.
	now, err := xproto.GetGeometry(d.conn, xproto.Drawable(d.screen.Root)).Reply()
	if err != nil {
		return nil, fmt.Errorf("desktop: size of the screen: %w", err)
	}
	return d.read(image.Rect(0, 0, int(now.Width), int(now.Height)))
}

// PictureOf is what a part of the screen shows now, at its place on the screen: what lies
// outside the screen is left out.
func (d *Desktop) PictureOf(part image.Rectangle) (*image.RGBA, error) {
	now, err := xproto.GetGeometry(d.conn, xproto.Drawable(d.screen.Root)).Reply()
	if err != nil {
		return nil, fmt.Errorf("desktop: size of the screen: %w", err)
	}
	part = part.Intersect(image.Rect(0, 0, int(now.Width), int(now.Height)))
	if part.Empty() {
		return &image.RGBA{}, nil
	}
	return d.read(part)
}

// Pixel is the colour of one pixel.
func (d *Desktop) Pixel(x, y int) (color.RGBA, error) {
	picture, err := d.read(image.Rect(x, y, x+1, y+1))
	if err != nil {
		return color.RGBA{}, err
	}
	return picture.RGBAAt(x, y), nil
}

func (d *Desktop) read(r image.Rectangle) (*image.RGBA, error) {
	reply, err := xproto.GetImage(d.conn, xproto.ImageFormatZPixmap, xproto.Drawable(d.screen.Root),
		int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), math.MaxUint32).Reply()
	if err != nil {
		return nil, fmt.Errorf("desktop: read the screen: %w", err)
	}
	if len(reply.Data) < r.Dx()*r.Dy()*4 {
		return nil, fmt.Errorf("desktop: the screen is not 32 bits a pixel")
	}
	picture := image.NewRGBA(r)
	turn(picture.Pix, reply.Data)
	return picture, nil
}

// turn makes red, green, blue and opaque of the server's blue, green, red and an unused
// byte. The race detector would make it the most of whatever waits for something on the
// screen; it has both pictures to itself.
//
//go:norace
func turn(to, from []byte) {
	for i := 0; i+3 < len(to); i += 4 {
		p := binary.LittleEndian.Uint32(from[i:])
		binary.LittleEndian.PutUint32(to[i:], p>>16&0xff|p&0xff00|p&0xff<<16|0xff000000)
	}
}

// Screenshot writes the screen as PNG, with an arrow where the pointer is if asked.
func (d *Desktop) Screenshot(path string, withPointer bool) error {
	picture, err := d.Picture()
	if err != nil {
		return err
	}
	if withPointer {
		at, err := xproto.QueryPointer(d.conn, d.screen.Root).Reply()
		if err != nil {
			return fmt.Errorf("desktop: where the pointer is: %w", err)
		}
		drawArrow(picture, int(at.RootX), int(at.RootY))
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("desktop: %w", err)
	}
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, picture); err != nil {
		f.Close()
		return fmt.Errorf("desktop: screenshot: %w", err)
	}
	return f.Close()
}

// drawArrow draws a white arrow with a dark edge, its tip at x, y.
func drawArrow(picture *image.RGBA, x, y int) {
	rows := []string{
		"#", "##", "#.#", "#..#", "#...#", "#....#", "#.....#", "#......#", "#.......#", "#........#",
		"#.........#", "#......#####", "#...#..#", "#..# #..#", "#.#  #..#", "##    #..#", "#     #..#", "       ##",
	}
	for dy, row := range rows {
		for dx, c := range row {
			switch c {
			case '#':
				picture.Set(x+dx, y+dy, color.Black)
			case '.':
				picture.Set(x+dx, y+dy, color.White)
			}
		}
	}
}

// drawWallpaper puts a calm picture on the root window: a slanted gradient with two
// wide hills. The pixmap lives as long as the desktop's connection.
func (d *Desktop) drawWallpaper() error {
	pixmap, err := xproto.NewPixmapId(d.conn)
	if err != nil {
		return err
	}
	gc, err := xproto.NewGcontextId(d.conn)
	if err != nil {
		return err
	}
	root := xproto.Drawable(d.screen.Root)
	if err := xproto.CreatePixmapChecked(d.conn, d.screen.RootDepth, pixmap, root, uint16(d.width), uint16(d.height)).Check(); err != nil {
		return err
	}
	if err := xproto.CreateGCChecked(d.conn, gc, root, 0, nil).Check(); err != nil {
		return err
	}
	band := max(1, 200_000/(d.width*4)) // a request holds at most 256 KiB
	for y := 0; y < d.height; y += band {
		n := min(band, d.height-y)
		if err := xproto.PutImageChecked(d.conn, xproto.ImageFormatZPixmap, xproto.Drawable(pixmap), gc,
			uint16(d.width), uint16(n), 0, int16(y), 0, d.screen.RootDepth, wallpaperRows(d.width, d.height, y, n)).Check(); err != nil {
			return err
		}
	}
	if err := xproto.ChangeWindowAttributesChecked(d.conn, d.screen.Root, xproto.CwBackPixmap, []uint32{uint32(pixmap)}).Check(); err != nil {
		return err
	}
	return xproto.ClearAreaChecked(d.conn, false, d.screen.Root, 0, 0, 0, 0).Check()
}

// wallpaperRows are n rows from y as blue, green, red and an unused byte.
func wallpaperRows(width, height, y, n int) []byte {
	rows := make([]byte, 0, width*n*4)
	sky, dusk := [3]float64{0xbf, 0xdb, 0xfe}, [3]float64{0x64, 0x8c, 0xc8}
	hills := [2][3]float64{{0x4b, 0x6f, 0xa6}, {0x35, 0x52, 0x82}}
	for row := y; row < y+n; row++ {
		v := float64(row) / float64(height)
		for x := range width {
			u := float64(x) / float64(width)
			t := 0.75*v + 0.25*u
			c := [3]float64{}
			for i := range c {
				c[i] = sky[i] + (dusk[i]-sky[i])*t
			}
			if v > 0.74+0.07*math.Sin(4.2*u+0.4) {
				c = hills[0]
			}
			if v > 0.84+0.06*math.Sin(5.1*u+2.6) {
				c = hills[1]
			}
			rows = append(rows, byte(c[2]), byte(c[1]), byte(c[0]), 0)
		}
	}
	return rows
}
