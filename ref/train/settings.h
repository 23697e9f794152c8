/* settings.h: what a training is, from JSON.
 *
 *     {"task": "resnet", "network": {"model": "resnet-digits"}, "ranks": 8, "nodes": 2,
 *      "optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "schedule": "cosine", "warmup_epochs": 1,
 *      "stages": [{"epochs": 13, "batch": 64, "scheme": "hitopk", "density": "0.01"},
 *                 {"epochs": 15, "batch": 64, "scheme": "torus"}]}
 *
 * The same object is the recipe in a file, what the command's options change of it, and what a
 * checkpoint remembers. A key of a stage that stands outside of the stages holds for those that do
 * not say otherwise; without "stages" there is one. Unknown keys are refused. data/train/recipes
 * shows all of it. */
#ifndef TS_TRAIN_SETTINGS_H
#define TS_TRAIN_SETTINGS_H

#include "ref/comm/topology.h"
#include "ref/models/config.h"
#include "ref/train/exchange.h"
#include "ref/train/update.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_TRAIN_STAGES = 16 };

typedef enum { TS_TRAIN_RESNET, TS_TRAIN_LM } ts_train_task;

/* A part of the training that differs from the others. */
typedef struct {
    int64_t epochs;
    int64_t batch;      /* of all ranks together; a multiple of their number */
    int64_t resolution; /* side of the pictures; 0: as they are */
    double min_area;    /* of a random crop that is resized; 1: none */
    ts_exchange_way way;
} ts_train_stage;

typedef struct {
    ts_train_task task;
    ts_model_config model;
    int ranks, nodes;
    uint64_t seed;
    int64_t fold, folds; /* fold of folds is held out */
    double label_smoothing;
    int64_t pad;         /* pictures are moved by up to so many pixels */
    bool flip;
    double colour;       /* strength of the change of brightness, contrast and saturation */
    int64_t length;      /* tokens of a sequence */
    int64_t bucket;      /* bytes that are sent together */
    bool skip_bad;       /* a step with gradients that are not finite is left out; else the end */
    ts_update_rule rule;
    ts_train_stage stage[TS_TRAIN_STAGES];
    int stages;
} ts_train_settings;

/* Reads and checks `json` (an object); `where` stands in messages. */
ts_status ts_train_settings_read(ts_ctx *ctx, ts_train_settings *s, const json_t *json,
                                 const char *where);

/* Puts the key into every stage that has it and, when none does, at the top. */
ts_status ts_train_settings_set(ts_ctx *ctx, json_t *json, const char *key, json_t *value);

/* Fails, naming the first key, when the two differ. */
ts_status ts_train_settings_same(ts_ctx *ctx, const json_t *old, const json_t *now,
                                 const char *where);

#ifdef __cplusplus
}
#endif
#endif
