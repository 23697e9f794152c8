/* record.h: the log of a training: a line of JSON for each event.
 *
 *     {"event": "start", "step": 0, "steps": 275, "ranks": 8, "nodes": 2, "settings": {...}}
 *     {"event": "step", "step": 10, "epoch": 0.04, "stage": 0, "loss": 2.31, "top1": 0.11, "rate":
 *      0.1, "seconds": 0.8, "virtual_ms": 1.9, "bytes_intra": 81920, "bytes_inter": 9216, "error": null}
 *     {"event": "test", "step": 25, "epoch": 1, "loss": 1.8, "top1": 0.43, "top5": 0.9, "rows": 180}
 *     {"event": "skipped", "step": 31, "rank": 3, "tensor": "conv1.weight"}
 *     {"event": "checkpoint", "step": 100}    {"event": "end", "step": 275, ...}
 *
 * Each line is on the disk's way before the next step begins; a line that cannot be written ends the
 * training. */
#ifndef TS_TRAIN_RECORD_H
#define TS_TRAIN_RECORD_H

#include "ref/base/ctx.h"

#include <jansson.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    FILE *to; /* NULL: nothing is written */
    const char *path;
} ts_record;

/* path NULL: no log. `more`: lines are added to what is there. */
ts_status ts_record_open(ts_ctx *ctx, ts_record *r, const char *path, bool more);
ts_status ts_record_line(ts_ctx *ctx, ts_record *r, json_t *line); /* takes the reference */
ts_status ts_record_close(ts_ctx *ctx, ts_record *r);

/* A number, or null for what JSON has no number for. */
json_t *ts_record_number(double x);

#ifdef __cplusplus
}
#endif
#endif
