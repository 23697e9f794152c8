/* tensor.h: a view of numbers somewhere in memory.
 *
 * A tensor owns nothing: it says where the numbers are, of which type, and how they are laid out.
 * Sizes and strides are in elements, the last axis varies fastest in a contiguous tensor. It is
 * passed by value. An empty tensor (data == NULL, dtype == TS_NONE) stands for "not given", and is
 * what an operation returns after a failure. */
#ifndef TS_BASE_TENSOR_H
#define TS_BASE_TENSOR_H

#include "ref/base/dtype.h"
#include "ref/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_MAX_RANK = 6 };

struct ts_grad;

typedef struct {
    ts_dtype dtype;
    int rank;
    int64_t size[TS_MAX_RANK];
    int64_t stride[TS_MAX_RANK];
    void *data;
    const char *name;     /* of a weight: its name in the checkpoint; otherwise NULL */
    struct ts_grad *grad; /* where its gradient goes (base/grad.h); NULL: none is wanted */
    double *gauge;        /* how far an honest result may be off (base/judge.h), or NULL */
} ts_tensor;

/* The view of a contiguous block. */
ts_tensor ts_tensor_of(void *data, ts_dtype dtype, int rank, const int64_t *size);

/* The number of elements: 1 for rank 0. */
int64_t ts_numel(ts_tensor t);

/* Size of an axis; negative axes count from the end (-1 is the last). */
int64_t ts_size(ts_tensor t, int axis);

bool ts_is_empty(ts_tensor t);
bool ts_is_contiguous(ts_tensor t);
bool ts_same_size(ts_tensor a, ts_tensor b);

/* The elements of a view of any strides, one after another, into `to` (not overlapping). */
void ts_elements(void *to, ts_tensor t);

/* Checks rank and sizes (-1: any). Fails with "NAME: expected (2, *, 64), got (2, 3, 32) F32". */
ts_status ts_expect(struct ts_ctx *ctx, ts_tensor t, const char *name, int rank,
                    const int64_t *size);

/* "(2, 3, 32) F32" into text; returns text. */
enum { TS_SHAPE_TEXT = 160 };
const char *ts_shape_text(char text[TS_SHAPE_TEXT], ts_tensor t);

/* a * b, a + b for sizes: false when it does not fit, or an argument is negative. */
bool ts_mul_size(int64_t a, int64_t b, int64_t *out);
bool ts_add_size(int64_t a, int64_t b, int64_t *out);

/* The product of `rank` sizes, checked. */
bool ts_count_elements(const int64_t *size, int rank, int64_t *out);

#ifdef __cplusplus
}
#endif
#endif
