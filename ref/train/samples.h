/* samples.h: labelled pictures to train on, from the formats that public sets come in.
 *
 *     idx       MNIST's: a file of pictures (magic 0x00000803, or 0x00000804 with channels last) and
 *               one of labels (0x00000801), whose name has "labels" and "idx1" for "images" and
 *               "idx3"; path: the file of pictures
 *     cifar10   binary version: records of a label and 3072 bytes, red, green, blue planes; path: one
 *     cifar100  file, or a folder whose *.bin files are taken in order of their names (those with
 *               "test" in them only when there are no others). cifar100: two labels, the fine counts
 *     folder    a folder for each class, PNG and JPEG files in it; classes and pictures by name
 *
 * Files of numbers are mapped, pictures of a folder are read when they are asked for. */
#ifndef TS_TRAIN_SAMPLES_H
#define TS_TRAIN_SAMPLES_H

#include "ref/io/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ts_samples ts_samples;

typedef struct {
    int64_t count;
    int classes, channels;
    int64_t height, width; /* 0: they differ */
} ts_samples_size;

/* `format` "auto" goes by what is there. NULL after a failure. Fails on files that are cut short or
 * too long, labels without pictures, empty sets. */
ts_samples *ts_samples_open(ts_ctx *ctx, const char *path, const char *format);
void ts_samples_close(ts_samples *s);

ts_samples_size ts_samples_size_of(const ts_samples *s);
int ts_samples_label(const ts_samples *s, int64_t i);
const char *ts_samples_name(const ts_samples *s, int64_t i); /* of a folder's picture, or NULL */
const char *ts_samples_class(const ts_samples *s, int label); /* of a folder's class, or NULL */

/* Picture i, to be freed with ts_picture_free. Several threads may ask at once, each with a context
 * of its own. */
ts_status ts_samples_picture(ts_ctx *ctx, const ts_samples *s, int64_t i, ts_picture *picture);

#ifdef __cplusplus
}
#endif
#endif
