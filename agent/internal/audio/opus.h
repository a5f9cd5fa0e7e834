// A thin layer over libopus: what cannot be called from Go because it takes a variable
// number of arguments. See opus.go.
#ifndef BESIDE_AUDIO_OPUS_H
#define BESIDE_AUDIO_OPUS_H

#include <opus/opus.h>

// Sets up an encoder for speech in memory of opus_encoder_get_size(1) bytes.
int beside_opus_encoder(OpusEncoder *e, int rate, int bitrate, int loss_percent, int complexity);

#endif
