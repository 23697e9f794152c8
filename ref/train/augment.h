/* augment.h: from a picture of 8 bits to the numbers that a network reads.
 *
 * What is random is a function of (seed, epoch, sample) alone: not of the rank, the thread, or what
 * was asked for before. It must never be cached; the resized whole picture may be. */
#ifndef TS_TRAIN_AUGMENT_H
#define TS_TRAIN_AUGMENT_H

#include "ref/io/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t height, width; /* of the result */
    double min_area;       /* of a random crop, as a part of the picture; 0: no such crop */
    int64_t pad;           /* pixels of black around the picture, before a crop of its own size */
    bool flip;             /* left to right, every second time */
    double brightness, contrast, saturation; /* factors from [1 - x, 1 + x] */
    double lighting;       /* deviation along the colours' principal axes; 0.1 is usual */
    float mean[3], deviation[3]; /* of each channel: (x / 255 - mean) / deviation */
} ts_augment;

/* ImageNet's means and deviations. */
extern const float ts_imagenet_mean[3], ts_imagenet_deviation[3];

typedef struct {
    uint64_t seed;
    int64_t epoch, sample;
} ts_draw_key;

/* A training picture: out (channels, height, width) floats. */
ts_status ts_augment_train(ts_ctx *ctx, float *out, const ts_picture *picture, const ts_augment *how,
                           ts_draw_key key);

/* A test picture: resized so that the crop of height x width in its middle holds `part` of the
 * shorter side (0.875 is usual; 1: no margin); nothing is random. */
ts_status ts_augment_test(ts_ctx *ctx, float *out, const ts_picture *picture, const ts_augment *how,
                          double part);

/* The rectangle of a random crop; for tests and for whoever draws it. */
typedef struct {
    int64_t top, left, height, width;
} ts_crop;
ts_crop ts_random_crop(int64_t height, int64_t width, double min_area, ts_draw_key key);

#ifdef __cplusplus
}
#endif
#endif
