#include "vp9.h"

#include "memory.h"

#include <libyuv/convert_from_argb.h>
#include <stdlib.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

struct beside_vp9 {
  vpx_codec_ctx_t codec;
  vpx_codec_enc_cfg_t cfg;
  vpx_image_t *picture;
  int ready;  // codec was initialised
  unsigned int rows, cols;
  // Its largest block are the tokens of one frame: each frame writes them, then packs
  // them, and needs none from before.
  beside_memory memory;
};

// A frame of so many bytes touched megabytes of tokens, more than the next will.
static const size_t large_frame = 50000;

// A frame is made from the last one alone. Older ones seldom help a screen, each would
// keep a whole picture in memory, and looking through them takes time.
static const vpx_enc_frame_flags_t last_only =
    VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF;

// Rate control for a live screen: a buffer of one second that starts half full, and a
// change of the rate takes effect at once. Quantizers are on the 0..63 scale: text is
// read while it stands at the largest, of film the rate demands it for a moment. Below 16
// nobody sees a film get finer, and what moves little would take three times the CPU.
static void configure(vpx_codec_enc_cfg_t *cfg, const beside_vp9_config *c) {
  cfg->g_w = (unsigned int)c->width;
  cfg->g_h = (unsigned int)c->height;
  cfg->g_profile = c->full_chroma ? 1 : 0;
  cfg->g_threads = (unsigned int)c->threads;
  cfg->g_timebase.num = 1;
  cfg->g_timebase.den = 1000000;
  cfg->g_pass = VPX_RC_ONE_PASS;
  cfg->g_lag_in_frames = 0;
  cfg->g_error_resilient = 0;
  cfg->rc_end_usage = VPX_CBR;
  cfg->rc_target_bitrate = (unsigned int)c->kilobits;
  cfg->rc_min_quantizer = c->film ? 16 : 4;
  cfg->rc_max_quantizer = c->film ? 63 : c->recording ? 44 : 52;
  cfg->rc_undershoot_pct = 50;
  cfg->rc_overshoot_pct = 50;
  cfg->rc_buf_initial_sz = 500;
  cfg->rc_buf_optimal_sz = 600;
  cfg->rc_buf_sz = 1000;
  cfg->rc_dropframe_thresh = 0;
  cfg->rc_resize_allowed = 0;
  cfg->kf_mode = VPX_KF_DISABLED;
}

// What a film's key frame may take, in percent of one picture of the rate, of which the
// encoder expects 60 a second at first: five of the film's, not thirty. The next ones
// make it finer.
static const int film_key = 1000;

// Tuning for screens looks for what screens have, at a third more CPU for film; cyclic
// refresh is for what stands still.
static const char *tune(beside_vp9 *e, const beside_vp9_config *c) {
  const struct {
    int id, value;
    const char *failed;
  } settings[] = {
      {VP8E_SET_CPUUSED, c->recording ? 7 : 9, "set the speed"},
      {VP9E_SET_TUNE_CONTENT, c->film ? VP9E_CONTENT_DEFAULT : VP9E_CONTENT_SCREEN, "tune for the content"},
      {VP9E_SET_AQ_MODE, c->film ? 0 : 3, "set cyclic refresh"},
      {VP8E_SET_MAX_INTRA_BITRATE_PCT, c->film ? film_key : 0, "bound a key frame"},
      {VP9E_SET_ROW_MT, c->threads > 1, "set row threads"},
      {VP9E_SET_TILE_COLUMNS, c->threads > 1 ? 1 : 0, "set tile columns"},
      {VP9E_SET_FRAME_PARALLEL_DECODING, 0, "set frame parallel"},
      {VP9E_SET_NOISE_SENSITIVITY, 0, "set noise sensitivity"},
      {VP8E_SET_STATIC_THRESHOLD, 1, "set the static threshold"},
      {VP8E_SET_ENABLEAUTOALTREF, 0, "disable hidden frames"},
      {VP9E_SET_COLOR_SPACE, VPX_CS_BT_601, "set the colour space"},
      {VP9E_SET_COLOR_RANGE, VPX_CR_STUDIO_RANGE, "set the colour range"},
  };
  for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
    if (vpx_codec_control_(&e->codec, settings[i].id, settings[i].value) != VPX_CODEC_OK) return settings[i].failed;
  }
  return NULL;
}

const char *beside_vp9_new(const beside_vp9_config *config, beside_vp9 **out) {
  beside_vp9 *e = calloc(1, sizeof *e);
  if (e == NULL) return "no memory";
  const char *failed = NULL;
  vpx_codec_iface_t *vp9 = vpx_codec_vp9_cx();
  if (vpx_codec_enc_config_default(vp9, &e->cfg, 0) != VPX_CODEC_OK) {
    failed = "default settings";
    goto fail;
  }
  configure(&e->cfg, config);
  const vpx_img_fmt_t format = config->full_chroma ? VPX_IMG_FMT_I444 : VPX_IMG_FMT_I420;
  e->picture = vpx_img_alloc(NULL, format, e->cfg.g_w, e->cfg.g_h, 32);
  if (e->picture == NULL) {
    failed = "no memory for the picture";
    goto fail;
  }
  e->picture->cs = VPX_CS_BT_601;
  e->picture->range = VPX_CR_STUDIO_RANGE;
  e->cols = (e->cfg.g_w + 15) / 16;
  e->rows = (e->cfg.g_h + 15) / 16;
  beside_memory_owner(&e->memory);
  const vpx_codec_err_t initialised = vpx_codec_enc_init(&e->codec, vp9, &e->cfg, 0);
  beside_memory_owner(NULL);
  if (initialised != VPX_CODEC_OK) {
    failed = "initialise";
    goto fail;
  }
  e->ready = 1;
  failed = tune(e, config);
  if (failed == NULL) {
    *out = e;
    return NULL;
  }
fail:
  beside_vp9_free(e);
  return failed;
}

void beside_vp9_free(beside_vp9 *e) {
  if (e == NULL) return;
  if (e->ready) vpx_codec_destroy(&e->codec);
  if (e->picture != NULL) vpx_img_free(e->picture);
  free(e);
  beside_memory_trim();
}

// Moves a rectangle's edges outwards to even pixels, within the picture.
static beside_rect even(beside_rect r, int width, int height) {
  int right = (r.x + r.w + 1) & ~1, bottom = (r.y + r.h + 1) & ~1;
  r.x &= ~1;
  r.y &= ~1;
  r.w = (right < width ? right : width) - r.x;
  r.h = (bottom < height ? bottom : height) - r.y;
  return r;
}

const char *beside_vp9_convert(beside_vp9 *e, const uint8_t *bgrx, int stride, const beside_rect *rects, int count) {
  vpx_image_t *p = e->picture;
  const int full = p->fmt == VPX_IMG_FMT_I444;
  for (int i = 0; i < count; i++) {
    const beside_rect r = even(rects[i], (int)p->d_w, (int)p->d_h);
    const uint8_t *from = bgrx + (size_t)r.y * (size_t)stride + (size_t)r.x * 4;
    const int cx = full ? r.x : r.x / 2, cy = full ? r.y : r.y / 2;
    uint8_t *y = p->planes[VPX_PLANE_Y] + (size_t)r.y * (size_t)p->stride[VPX_PLANE_Y] + r.x;
    uint8_t *u = p->planes[VPX_PLANE_U] + (size_t)cy * (size_t)p->stride[VPX_PLANE_U] + cx;
    uint8_t *v = p->planes[VPX_PLANE_V] + (size_t)cy * (size_t)p->stride[VPX_PLANE_V] + cx;
    // libyuv names pixel formats by the word: ARGB is B, G, R, A in memory.
    int (*convert)(const uint8_t *, int, uint8_t *, int, uint8_t *, int, uint8_t *, int, int, int) =
        full ? ARGBToI444 : ARGBToI420;
    if (convert(from, stride, y, p->stride[VPX_PLANE_Y], u, p->stride[VPX_PLANE_U], v, p->stride[VPX_PLANE_V], r.w,
                r.h) != 0) {
      return "convert";
    }
  }
  return NULL;
}

const char *beside_vp9_encode(beside_vp9 *e, uint8_t *map, int64_t time, int64_t duration, int force_key,
                              beside_packet *packet) {
  vpx_active_map_t active = {map, e->rows, e->cols};
  packet->data = NULL;
  packet->size = 0;
  if (vpx_codec_control(&e->codec, VP8E_SET_ACTIVEMAP, &active) != VPX_CODEC_OK) return "set the active map";
  const vpx_enc_frame_flags_t flags = force_key ? VPX_EFLAG_FORCE_KF : last_only;
  beside_memory_owner(&e->memory);
  const vpx_codec_err_t encoded =
      vpx_codec_encode(&e->codec, e->picture, time, (unsigned long)duration, flags, VPX_DL_REALTIME);
  beside_memory_owner(NULL);
  if (encoded != VPX_CODEC_OK) return "encode";
  vpx_codec_iter_t iter = NULL;
  const vpx_codec_cx_pkt_t *pkt;
  while ((pkt = vpx_codec_get_cx_data(&e->codec, &iter)) != NULL) {
    if (pkt->kind != VPX_CODEC_CX_FRAME_PKT) continue;
    packet->data = pkt->data.frame.buf;
    packet->size = pkt->data.frame.sz;
    packet->key = (pkt->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
  }
  if (packet->size > large_frame) beside_memory_drop_largest(&e->memory);
  if (vpx_codec_control(&e->codec, VP8E_GET_LAST_QUANTIZER_64, &packet->quantizer) != VPX_CODEC_OK) {
    return "read the quantizer";
  }
  return NULL;
}

void beside_vp9_settle(beside_vp9 *e) {
  beside_memory_drop_largest(&e->memory);
  beside_memory_drop_zeros(&e->memory);
}

const char *beside_vp9_set_kilobits(beside_vp9 *e, int kilobits) {
  e->cfg.rc_target_bitrate = (unsigned int)kilobits;
  return vpx_codec_enc_config_set(&e->codec, &e->cfg) == VPX_CODEC_OK ? NULL : "set the rate";
}
