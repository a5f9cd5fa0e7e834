// A thin layer over libvpx and libyuv: one encoder with its picture and active map, so
// that each step costs one call from Go. See encode.go for what it is for.
#ifndef BESIDE_ENCODE_VP9_H
#define BESIDE_ENCODE_VP9_H

#include <stddef.h>
#include <stdint.h>

typedef struct beside_vp9 beside_vp9;

typedef struct {
  int width, height;
  int kilobits;
  int full_chroma;  // profile 1
  int recording;
  int film;
  int threads;
} beside_vp9_config;

// A rectangle in pixels: left, top, width, height.
typedef struct {
  int32_t x, y, w, h;
} beside_rect;

typedef struct {
  const void *data;  // belongs to the encoder until the next call
  size_t size;
  int key;
  int quantizer;  // 0..63
} beside_packet;

// Each function returns NULL for success or a static text that says what failed.

const char *beside_vp9_new(const beside_vp9_config *config, beside_vp9 **out);
void beside_vp9_free(beside_vp9 *e);

// Converts the rectangles from BGRX. They must lie inside the picture; edges are moved
// outwards to even pixels where chroma is halved.
const char *beside_vp9_convert(beside_vp9 *e, const uint8_t *bgrx, int stride, const beside_rect *rects, int count);

// Encodes the picture. map has a byte for each 16 by 16 block, 1 where the picture may
// differ from the last one; NULL means all of it. time is in microseconds and rises.
const char *beside_vp9_encode(beside_vp9 *e, uint8_t *map, int64_t time, int64_t duration, int force_key,
                              beside_packet *packet);

// Gives memory back that the next frames will not need. Takes some milliseconds.
void beside_vp9_settle(beside_vp9 *e);

const char *beside_vp9_set_kilobits(beside_vp9 *e, int kilobits);

#endif
