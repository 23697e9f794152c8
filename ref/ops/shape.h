/* shape.h: what kernels of shape.def need to know when eight arguments are too few. */
#ifndef TS_OPS_SHAPE_H
#define TS_OPS_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

/* A window that slides over pictures: plain/pool.c. */
typedef struct {
    int64_t in[2], out[2]; /* height and width of a plane, before and after */
    int64_t size[2], stride[2], pad[2] /* at the top, at the left */, end[2] /* bottom, right */;
    bool count_padding;
} ts_window;

/* The inputs of mse's gauges: values and their own gauges, which may be NULL; w may be NULL. */
typedef struct {
    const double *a, *b, *w, *ga, *gb, *gw, *dy, *gdy;
} ts_mse_gauge_in;

/* The words of a batch: plain/ctc.c. */
typedef struct {
    int64_t steps, batch, classes; /* log_p (steps, batch, classes) */
    int64_t longest;               /* labels (batch, longest) */
    int64_t first, last;           /* the samples of the batch to compute: first .. last - 1 */
    const int64_t *labels, *input_length, *label_length;
    int64_t blank;
    bool zero_infinity;
} ts_ctc_labels;

/* Inputs of the gauge of ctc's gradient; gauges may be NULL. */
typedef struct {
    const double *dy, *gdy, *glog_p;
} ts_ctc_gauge_in;

#endif
