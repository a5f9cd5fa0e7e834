#include "opus.h"

int beside_opus_encoder(OpusEncoder *e, int rate, int bitrate, int loss_percent, int complexity) {
  int err = opus_encoder_init(e, rate, 1, OPUS_APPLICATION_VOIP);
  if (err == OPUS_OK) err = opus_encoder_ctl(e, OPUS_SET_BITRATE(bitrate));
  if (err == OPUS_OK) err = opus_encoder_ctl(e, OPUS_SET_INBAND_FEC(1));
  if (err == OPUS_OK) err = opus_encoder_ctl(e, OPUS_SET_PACKET_LOSS_PERC(loss_percent));
  if (err == OPUS_OK) err = opus_encoder_ctl(e, OPUS_SET_DTX(1));
  if (err == OPUS_OK) err = opus_encoder_ctl(e, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
  if (err == OPUS_OK) err = opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(complexity));
  return err;
}
