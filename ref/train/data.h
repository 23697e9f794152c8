/* data.h: the batches of a training: pictures with classes, or pieces of a text.
 *
 * A global batch is a function of the seed and the number of the step; a rank takes its part of it.
 * Opened once and read by all ranks of a process. */
#ifndef TS_TRAIN_DATA_H
#define TS_TRAIN_DATA_H

#include "ref/train/order.h"
#include "ref/train/samples.h"
#include "ref/train/settings.h"
#include "ref/train/corpus.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    ts_samples *samples; /* NULL: a text */
    ts_corpus text;
    ts_split split;          /* of the pictures */
    int64_t first, count;    /* of the text: tokens to train on, */
    int64_t held, held_count; /* and those to test with */
} ts_train_data;

/* What is at `path`, cut as the settings say. Closed with ts_train_data_close, after a failure as
 * well. */
ts_status ts_train_data_open(ts_ctx *ctx, ts_train_data *data, const ts_train_settings *s,
                             const char *path);
void ts_train_data_close(ts_train_data *data);

/* Writes what the data alone knows into the settings' JSON where that is silent: classes and
 * channels, or the vocabulary, of the network; and always the number of samples. */
ts_status ts_train_data_complete(ts_ctx *ctx, const ts_train_data *data, json_t *json);

/* Steps of an epoch: whole batches only, what is left over waits for the next epoch's order.
 * 0: the batch is larger than the set. */
int64_t ts_train_data_steps(const ts_train_data *data, const ts_train_settings *s, int64_t batch);

/* Which part of which epoch a batch is. */
typedef struct {
    int64_t epoch, step;    /* step: of the epoch */
    int64_t first, count;   /* this rank's rows of the batch */
    const int64_t *order;   /* of the epoch's pictures */
} ts_train_place;

/* Rows of the training batch, in the context's arena. */
ts_batch ts_train_data_batch(ts_ctx *ctx, const ts_train_data *data, const ts_train_settings *s,
                             const ts_train_stage *stage, ts_train_place place);

/* How many rows the held-out part has, and `count` of them from `first` on. */
int64_t ts_train_data_tests(const ts_train_data *data, const ts_train_settings *s);
ts_batch ts_train_data_test(ts_ctx *ctx, const ts_train_data *data, const ts_train_settings *s,
                            const ts_train_stage *stage, int64_t first, int64_t count);

#ifdef __cplusplus
}
#endif
#endif
